"""The shelf decides as a simple model of it does, whatever happens."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from claif.transport.process.shelf import Kept, Shelf, ShelfLimits

KEYS = st.sampled_from("abcd")


class ShelfMachine(RuleBasedStateMachine):
    """Compares the shelf with a plain list of (key, item, until)."""

    def __init__(self) -> None:
        super().__init__()
        self.limits = ShelfLimits(each=2, total=5)
        self.shelf: Shelf[str, object] = Shelf(self.limits)
        self.model: list[Kept[str, object]] = []
        self.gone: list[Kept[str, object]] = []
        self.now = 0.0

    @rule(key=KEYS, seconds=st.integers(-1, 20))
    def put(self, key: str, seconds: int) -> None:
        kept = Kept(key=key, item=object(), until=self.now + seconds)
        thrown = self.shelf.put(kept)
        self.model.append(kept)
        expected = []
        if sum(other.key == key for other in self.model) > 2:
            expected.append(next(other for other in self.model if other.key == key))
        elif len(self.model) > 5:
            expected.append(self.model[0])
        assert thrown == expected
        for other in expected:
            self.model.remove(other)
            self.gone.append(other)

    @rule(key=KEYS)
    def take(self, key: str) -> None:
        fitting = [kept for kept in self.model if kept.key == key and kept.until > self.now]
        assert self.shelf.has(key) == any(kept.key == key for kept in self.model)
        found = self.shelf.take(key, self.now)
        assert found is (fitting[-1] if fitting else None)
        if found is not None:
            self.model.remove(found)
            self.gone.append(found)

    @rule(seconds=st.integers(0, 10))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def expire(self) -> None:
        late = [kept for kept in self.model if kept.until <= self.now]
        assert self.shelf.expire(self.now) == late
        self.model = [kept for kept in self.model if kept not in late]
        self.gone += late

    @rule(which=st.integers(0, 9))
    def drop(self, which: int) -> None:
        if self.model:
            kept = self.model.pop(which % len(self.model))
            assert self.shelf.drop(kept.item)
            self.gone.append(kept)

    @rule(which=st.integers(0, 9))
    def drop_what_is_gone(self, which: int) -> None:
        if self.gone:
            assert not self.shelf.drop(self.gone[which % len(self.gone)].item)

    @invariant()
    def it_keeps_to_its_limits_and_knows_when_to_look_again(self) -> None:
        assert len(self.shelf.keys()) == len(self.model) <= 5
        assert all(sum(kept.key == key for kept in self.model) <= 2 for key in "abcd")
        assert self.shelf.next_expiry() == min((kept.until for kept in self.model), default=None)


TestShelf = ShelfMachine.TestCase
