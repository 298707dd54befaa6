"""The limits of an endpoint and its queue, beside a model and rule by rule."""

from __future__ import annotations

from math import inf

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from claif.config.keep_going import LimitSettings
from claif.routing.limiter import Entry, Limiter, Queue, Ticket

RPM, TPM, AT_ONCE = 120, 6000, 3
"""A burst of 6 requests, 2 a second; of 300 tokens, 100 a second."""


class Model(RuleBasedStateMachine):
    """Calls join, give up, enter and leave in any order; the model keeps lists, and adds up every window."""

    tickets = Bundle("tickets")
    entries = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.now = 500.0
        self.limiter = Limiter(LimitSettings(requests_per_minute=RPM, tokens_per_minute=TPM, concurrency=AT_ONCE))
        self.queue = Queue(self.limiter)
        self.waiting: list[Ticket] = []
        self.entered: list[list[float]] = []
        self.inside: dict[Entry, int] = {}

    @rule(seconds=st.sampled_from([0.01, 0.5, 2.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=tickets, tokens=st.sampled_from([1, 20, 200, 300, 900]))
    def join(self, tokens: int) -> Ticket:
        ticket = self.queue.join(tokens)
        assert ticket.tokens == tokens
        self.waiting.append(ticket)
        return ticket

    @rule(ticket=tickets)
    def give_up(self, ticket: Ticket) -> None:
        self.queue.leave(ticket)
        if ticket in self.waiting:
            self.waiting.remove(ticket)

    @precondition(lambda self: self.waiting)
    @rule(target=entries)
    def wait_and_enter(self) -> Entry | None:
        wait = self.queue.wait(self.now)
        assert (wait == inf) == (len(self.inside) == AT_ONCE)
        if wait == inf:
            assert self.limiter.enter(self.now, 1) is None
            return None
        assert (self.queue.next_ready(self.now) is None) == (wait > 0)
        self.now += wait
        ready = self.queue.next_ready(self.now)
        assert ready is self.waiting.pop(0), "first come, first served"
        entry = self.limiter.enter(self.now, ready.tokens)
        assert entry is not None
        self.queue.leave(ready)
        self.inside[entry] = len(self.entered)
        self.entered.append([self.now, ready.tokens, max(ready.tokens, TPM * 0.05)])
        self.look_at_every_window()
        return entry

    @rule(entry=consumes(entries), share=st.sampled_from([0.0, 0.5, 1.0, 2.0, None]), twice=st.booleans())
    def leave(self, entry: Entry | None, share: float | None, twice: bool) -> None:
        if entry is None:
            return
        call = self.entered[self.inside.pop(entry)]
        used = None if share is None else call[1] * share
        for _ in range(2 if twice else 1):
            self.limiter.leave(entry, self.now, used)
        if used is not None and used < call[1]:
            call[1] = used

    def look_at_every_window(self) -> None:
        end, _, most_at_once = self.entered[-1]
        tokens = 0.0
        for number, (start, cost, _) in enumerate(reversed(self.entered), 1):
            tokens += cost
            assert number <= RPM / 60 * (end - start) + RPM * 0.05 + 1e-6
            assert tokens <= TPM / 60 * (end - start) + most_at_once + 1e-6

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        assert self.limiter.busy == len(self.inside) <= AT_ONCE
        assert len(self.queue) == len(self.waiting)
        assert all(ticket in self.queue for ticket in self.waiting)


TestModel = Model.TestCase
TestModel.settings = settings(
    max_examples=220,
    stateful_step_count=50,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no failure
)


def limiter(**given: int) -> Limiter:
    return Limiter(LimitSettings(**given))


class TestLimiter:
    """What is let in."""

    def test_nothing_is_limited_unless_that_is_configured(self) -> None:
        endpoint = limiter()
        assert all(endpoint.enter(0.0, 10**9) for _ in range(1000))
        assert endpoint.busy == 1000

    def test_requests_come_at_their_rate_with_a_burst_of_a_twentieth(self) -> None:
        endpoint = limiter(requests_per_minute=120)
        assert sum(endpoint.enter(0.0, 0) is not None for _ in range(100)) == 6
        assert endpoint.wait(0.0, 0) == 0.5

    def test_one_request_may_come_in_any_case(self) -> None:
        endpoint = limiter(requests_per_minute=6)
        assert endpoint.enter(0.0, 0)
        assert endpoint.enter(0.0, 0) is None
        assert endpoint.wait(0.0, 0) == 10.0

    def test_tokens_are_reserved(self) -> None:
        endpoint = limiter(tokens_per_minute=6000)
        assert endpoint.enter(0.0, 200)
        assert endpoint.wait(0.0, 100) == 0
        assert endpoint.wait(0.0, 200) == 1.0
        assert endpoint.enter(0.0, 200) is None

    def test_the_longer_wait_counts(self) -> None:
        endpoint = limiter(tokens_per_minute=6000, requests_per_minute=20)
        assert endpoint.enter(0.0, 300)
        assert endpoint.wait(0.0, 10) == 3.0
        endpoint = limiter(tokens_per_minute=60, requests_per_minute=6000)
        assert endpoint.enter(0.0, 3)
        assert endpoint.wait(0.0, 3) == 3.0

    def test_who_is_refused_has_reserved_nothing(self) -> None:
        endpoint = limiter(tokens_per_minute=6000, requests_per_minute=40)
        assert endpoint.enter(0.0, 300)
        for _ in range(5):
            assert endpoint.enter(0.0, 300) is None
        assert endpoint.busy == 1
        assert endpoint.wait(0.0, 300) == 3.0
        assert endpoint.wait(0.0, 0) == 0

    def test_only_so_many_are_in_at_once(self) -> None:
        endpoint = limiter(concurrency=2)
        first, _ = endpoint.enter(0.0, 1), endpoint.enter(0.0, 1)
        assert endpoint.wait(0.0, 1) == inf
        assert endpoint.enter(0.0, 1) is None
        endpoint.leave(first, 0.0, None)
        assert endpoint.wait(0.0, 1) == 0

    def test_leaving_twice_is_leaving_once(self) -> None:
        endpoint = limiter(concurrency=2, tokens_per_minute=6000)
        first = endpoint.enter(0.0, 100)
        assert endpoint.enter(0.0, 200)
        endpoint.leave(first, 0.0, 50)
        endpoint.leave(first, 0.0, 50)
        assert endpoint.busy == 1
        assert endpoint.wait(0.0, 300) == 2.5

    def test_what_was_not_used_is_given_back_and_what_was_used_beyond_is_owed(self) -> None:
        endpoint = limiter(tokens_per_minute=6000)
        for used, wait in ((100, 1.0), (300, 3.0), (500, 5.0), (None, 3.0), (0, 0.0)):
            entry = endpoint.enter(0.0, 300)
            endpoint.leave(entry, 0.0, used)
            assert endpoint.wait(0.0, 300) == wait
            endpoint = limiter(tokens_per_minute=6000)


class TestQueue:
    """Who comes next."""

    def test_nobody_is_ready_in_an_empty_queue(self) -> None:
        queue = Queue(limiter())
        assert queue.next_ready(0.0) is None
        assert queue.wait(0.0) == inf
        assert len(queue) == 0

    def test_a_large_call_is_not_starved_by_small_ones(self) -> None:
        endpoint = limiter(tokens_per_minute=6000)
        queue = Queue(endpoint)
        assert endpoint.enter(0.0, 200)
        large, small = queue.join(300), queue.join(1)
        assert endpoint.wait(0.0, 1) == 0
        assert queue.next_ready(0.0) is None
        assert queue.wait(0.0) == 2.0
        assert queue.next_ready(2.0) is large
        queue.leave(large)
        assert queue.next_ready(2.0) is small

    def test_being_ready_has_no_effect(self) -> None:
        queue = Queue(limiter(requests_per_minute=1))
        ticket = queue.join(1)
        assert queue.next_ready(0.0) is queue.next_ready(0.0) is ticket
        assert ticket in queue

    def test_a_place_can_be_given_up_anywhere_and_twice(self) -> None:
        queue = Queue(limiter())
        first, second, third = (queue.join(1) for _ in range(3))
        queue.leave(second)
        queue.leave(second)
        assert len(queue) == 2
        assert second not in queue
        queue.leave(first)
        assert queue.next_ready(3.0) is third
