"""The backends that chaos is made with: a healthy one answers all, a dead one none, and the tally says so."""

from __future__ import annotations

from routing.backends import NAMES, backends

from claif.testing.faults import BlackHole, Cut, Refuse, Reset


async def test_healthy_backends_answer_every_query() -> None:
    async with backends() as all_of_them:
        for name in NAMES:
            tally = await all_of_them.ask(20, at_once=4, provider=name)
            assert (tally.succeeded, tally.failed, tally.share) == ({name: 20}, {}, 1.0)
            assert len(all_of_them.servers[name].requests) == 20
            assert 1 <= all_of_them.proxies[name].counts.connections <= 4


async def test_each_fails_in_its_own_way_and_recovers() -> None:
    async with backends() as all_of_them:
        faults = {"first": [Refuse(), Reset()], "second": [Cut(200)], "third": [BlackHole()]}
        for name, those in faults.items():
            all_of_them.proxies[name].set(*those)
        timeouts = {"first": 20, "second": 20, "third": 1}  # who fails at once is asked again, after a pause
        errors = {name: (await all_of_them.ask(5, provider=name, timeout=timeouts[name])).failed for name in NAMES}
        assert errors == {
            "first": {"ConnectionError": 5},
            "second": {"ConnectionError": 5},
            "third": {"TimeoutError": 5},
        }
        for name in NAMES:
            all_of_them.proxies[name].set()
            assert (await all_of_them.ask(5, provider=name)).share == 1.0


async def test_a_backend_that_fails_sometimes_answers_the_rest() -> None:
    async with backends({"retry": {"max_attempts": 1}}, seed=3, first=0.01) as all_of_them:
        proxy = all_of_them.proxies["first"]
        proxy.set(Cut(200, probability=0.5))
        tally = await all_of_them.ask(60, at_once=8)
        assert tally.succeeded.total() + tally.failed.total() == 60
        assert tally.succeeded["first"] > 0
        assert 0 < tally.failed["ConnectionError"] == proxy.counts.applied[Cut]
