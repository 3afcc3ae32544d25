"""Which statements draw random numbers, and from what: each draw changes those that follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from gradlab.grading.intake.code.effects import NUMPY_RANDOM, Effects

# They make generators, or tell of them, and draw nothing.
_NO_DRAWS = frozenset(
    f".{name}"
    for name in (
        *("default_rng", "RandomState", "Generator", "Random", "SystemRandom", "SeedSequence"),
        *("", "PCG64", "PCG64DXSM", "Philox", "SFC64", "MT19937", "getstate", "get_state"),
    )
)
_NUMPY_DRAWS = frozenset(dir(np.random)) | {"random"}
_PYTHON_RANDOM = "random"
_SEEDS = ("seed", "set_state", "setstate")
# More generators than anyone makes.
_MOST_GENERATORS = 16


class Draws:
    """The statements of a notebook that draw random numbers or seed them, by generator.

    Only what begins with a seed counts: other numbers differ at every run in any case.

    Parameters
    ----------
    effects : sequence of Effects
        Those of the statements, in order.
    modules : mapping of str to str
        The names that are bound to modules, and to what is in them, with the module.
    later_readers, callers : mapping of str to list of int
        By name the statements whose functions read it, and those that call something and read it.

    Attributes
    ----------
    sources : dict of int to set of str
        From what a statement draws.
    events : dict of str to list of int
        The statements that draw from something or seed it, in order.
    seeds : dict of str to set of int
        Those that seed it.
    """

    def __init__(
        self,
        effects: Sequence[Effects],
        modules: Mapping[str, str],
        later_readers: Mapping[str, list[int]],
        callers: Mapping[str, list[int]],
    ) -> None:
        self._effects = effects
        self._modules = modules
        self._later_readers = later_readers
        self._callers = callers
        made = {name for effect in effects for name in effect.generators}
        self._generators = frozenset(sorted(made)[:_MOST_GENERATORS])
        self.sources: dict[int, set[str]] = {}
        self.events: dict[str, list[int]] = {}
        self.seeds: dict[str, set[int]] = {}
        for source in (*self._generators, NUMPY_RANDOM, _PYTHON_RANDOM):
            self._find_events(source)

    def _find_events(self, source: str) -> None:
        effects = self._effects
        at_once = [set(self._find_uses(effect.passes, source)) for effect in effects]
        later = [set(self._find_uses(effect.later_passes, source)) for effect in effects]
        seeds = {p for p, effect in enumerate(effects) if source in effect.generators}
        seeds |= {place for place, seeding in enumerate(at_once) if True in seeding}
        seeds |= self._find_calls(p for p, seeding in enumerate(later) if True in seeding)
        if not seeds:
            return
        draws = {place for place, seeding in enumerate(at_once) if seeding}
        draws |= self._find_calls(place for place, seeding in enumerate(later) if seeding)
        self.seeds[source] = seeds
        self.events[source] = sorted(draws | seeds)
        for place in draws:
            self.sources.setdefault(place, set()).add(source)

    def _find_uses(self, passes: Iterable[tuple[str, str]], source: str) -> Iterator[bool]:
        """Yield for each use of a source whether it is seeded."""
        for function, name in passes:
            if self._find_source(function, name) == source:
                called = name if function == ".__call__" else function.removeprefix(".")
                yield called in _SEEDS

    def _find_source(self, function: str, name: str) -> str:
        """Return what a function that is called with a name draws from; "" if from nothing."""
        if function in _NO_DRAWS:
            return ""
        if name == NUMPY_RANDOM or name in self._generators:
            return name
        module = self._modules.get(name)
        if module == "numpy" and name in _NUMPY_DRAWS:
            return NUMPY_RANDOM
        return _PYTHON_RANDOM if module == _PYTHON_RANDOM else ""

    def _find_calls(self, places: Iterable[int]) -> set[int]:
        """Return the statements that call functions of others, also through one another."""
        found: set[int] = set()
        waiting = [*places]
        followed = set(waiting)
        while waiting:
            for name in self._effects[waiting.pop()].binds:
                found.update(self._callers.get(name, ()))
                new = {*self._later_readers.get(name, ())} - followed
                followed |= new
                waiting += new
        return found
