"""Which value of a name is used, counted: no value ends while it is used, and each that was replaced ends once."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from claif.routing.generations import Generation, Generations

NAMES = st.sampled_from(["a", "b"])


class Counting(RuleBasedStateMachine):
    """Any order of taking, giving back, replacing and removing, beside a model that is a list of facts."""

    taken = Bundle("taken")

    def __init__(self) -> None:
        super().__init__()
        self.generations: Generations[int] = Generations()
        self.made = 0
        self.current: dict[str, int] = {}
        self.users: dict[int, int] = {}
        self.ended: list[int] = []

    def end(self, value: int | None) -> None:
        if value is not None:
            self.ended.append(value)

    @rule(name=NAMES)
    def put(self, name: str) -> None:
        self.made += 1
        before = self.current.get(name)
        done = self.generations.put(name, self.made)
        assert done == (before if before is not None and not self.users[before] else None)
        self.current[name], self.users[self.made] = self.made, 0
        self.end(done)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        before = self.current.pop(name, None)
        done = self.generations.remove(name)
        assert done == (before if before is not None and not self.users[before] else None)
        self.end(done)

    @rule(target=taken, name=NAMES)
    def take(self, name: str) -> Generation[int] | None:
        if name not in self.current:
            assert name not in self.generations
            with pytest.raises(KeyError):
                self.generations.take(name)
            return None
        generation = self.generations.take(name)
        assert generation.value == self.current[name] == self.generations.look(name)
        self.users[generation.value] += 1
        return generation

    @rule(generation=consumes(taken))
    def give_back(self, generation: Generation[int] | None) -> None:
        if generation is None:
            return
        self.users[generation.value] -= 1
        last = not self.users[generation.value] and generation.value not in self.current.values()
        done = self.generations.give_back(generation)
        assert done == (generation.value if last else None)
        self.end(done)

    @invariant()
    def nothing_ends_twice_or_while_it_is_used(self) -> None:
        assert len(self.ended) == len(set(self.ended))
        assert not [value for value in self.ended if self.users[value] or value in self.current.values()]

    @invariant()
    def what_has_not_ended_is_known(self) -> None:
        assert sorted(self.generations) == sorted(set(self.users) - set(self.ended))


TestCounting = Counting.TestCase


def test_a_name_without_a_value_has_none() -> None:
    generations: Generations[int] = Generations()
    assert generations.look("a") is None
    assert generations.remove("a") is None
    assert list(generations) == []
