"""The statements of a notebook, and which of them have to do with a name."""

from __future__ import annotations

import builtins
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from gradlab.grading.intake.code.draws import Draws
from gradlab.grading.intake.code.effects import Effects
from gradlab.grading.intake.code.known_calls import VIEWING
from gradlab.grading.intake.code.statements import Statement

Index = dict[str, list[int]]


class Program:
    """The statements of a notebook, by the names that they have to do with.

    Parameters
    ----------
    cells : sequence of (sequence of Statement)
        Those of each cell, in the order of the notebook.
    checks : collection of int
        The places of cells that no answer needs, but for one that stands in it.
    """

    def __init__(self, cells: Sequence[Sequence[Statement]], checks: Collection[int] = ()) -> None:
        self.checks = frozenset(checks)
        self.statements = [statement for cell in cells for statement in cell]
        self.cell_of = [place for place, cell in enumerate(cells) for _ in cell]
        effects = [statement.effects for statement in self.statements]
        self._modules: dict[str, str] = {}
        for effect in effects:
            self._modules.update(effect.modules)
        self.binders = _make_index(effect.binds for effect in effects)
        # What belongs to a module or to Python does not change: open(name).write(text).
        self._fixed = self._modules.keys() | ({*dir(builtins)} - self.binders.keys())
        self.readers = _make_index(effect.reads for effect in effects)
        self.later_readers = _make_index(effect.later_reads for effect in effects)
        self.callers = _make_index(effect.reads if effect.calls else () for effect in effects)
        functions = _find_changers(self.statements) | {"."}
        self.changers = _make_index(self._find_changed(effect) for effect in effects)
        # What changes only by a function or a method of the notebook, or one that is not known.
        self.passers = _make_index(
            {name for f, name in effect.passes if f in functions} - self._fixed
            for effect in effects
        )
        self.later_changers = _make_index(
            self._find_changed_later(effect, functions) for effect in effects
        )
        self.draws = Draws(effects, self._modules, self.later_readers, self.callers)
        self.keepers = _find_keepers(effects)
        self.writers = _make_index(effect.texts if effect.writes else () for effect in effects)
        self.settings = _make_index(self._find_set_modules(effect) for effect in effects)
        self.shared = self._find_shared(effects)
        self.stars = [place for place, effect in enumerate(effects) if effect.star]
        self.futures = [place for place, effect in enumerate(effects) if effect.is_future]
        self.dynamic = {place for place, effect in enumerate(effects) if effect.is_dynamic}

    def _find_changed(self, effect: Effects) -> Iterator[str]:
        """Yield the names that a statement changes when it is run."""
        yield from effect.changes
        yield from effect.touches - self._fixed - effect.changes

    def _find_changed_later(self, effect: Effects, functions: set[str]) -> Iterator[str]:
        """Yield the names that functions of a statement change when they are called."""
        yield from effect.later_changes
        passed = {name for f, name in effect.later_passes if f in functions}
        touched = effect.later_touches | passed
        yield from touched - self._fixed - effect.later_changes

    def _find_set_modules(self, effect: Effects) -> set[str]:
        """Return the modules in which a statement sets something."""
        return {self._modules[name] for name in effect.settings if name in self._modules}

    def _find_shared(self, effects: Iterable[Effects]) -> dict[str, list[str]]:
        """Return, by name, the other names that may stand for a part of it."""
        shared: dict[str, list[str]] = {}
        for effect in effects:
            for name, part, function in effect.shares:
                returned = not function or function in VIEWING or self._is_own(function)
                if part not in self._modules and returned:
                    shared.setdefault(part, []).append(name)
        return shared

    def _is_own(self, function: str) -> bool:
        """Whether a function, or a method, is the notebook's own."""
        return function in self.binders and function not in self._modules

    def find_module(self, name: str) -> str | None:
        """Return the module that a name was imported from, or is, if it was imported."""
        return self._modules.get(name)

    def find_places(self, cell: int) -> range:
        """Return the places of a cell's statements among all."""
        return range(bisect_left(self.cell_of, cell), bisect_right(self.cell_of, cell))


def _make_index(names: Iterable[Iterable[str]]) -> Index:
    found: Index = {}
    for place, some in enumerate(names):
        for name in some:
            found.setdefault(name, []).append(place)
    return found


def _find_keepers(effects: Sequence[Effects]) -> set[str]:
    """Return the functions of a notebook that change when they are called."""
    makers = {name for effect in effects for name in effect.makes_state}
    made = {name for effect in effects for name, maker in effect.made_by if maker in makers}
    return made.union(*(effect.keeps_state for effect in effects))


def _find_changers(statements: Sequence[Statement]) -> set[str]:
    """Return the functions of a notebook that change an argument, also through one another."""
    callers: dict[str, list[str]] = defaultdict(list)
    waiting: list[str] = []
    for effect in (statement.effects for statement in statements):
        waiting += effect.changers
        for function, called in effect.hands_on:
            callers[called] += [function, f".{function}"]
        for other, function, _ in effect.shares:  # also partial(f, 1)
            callers[function].append(other)
    found: set[str] = set()
    while waiting:
        function = waiting.pop()
        if function not in found:
            found.add(function)
            waiting += callers[function]
    return found
