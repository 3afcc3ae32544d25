"""What is judged: a layer at a draw of its inputs, right or with a mistake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tools.benchmarks.layers.layer import Layer, Mistake


@dataclass(frozen=True)
class Case:
    """A layer at a draw of its inputs, with a backward pass that is right or wrong."""

    layer: Layer
    mistake: Mistake | None
    seed: int

    @property
    def title(self) -> str:
        """The layer, with the mistake and the seed."""
        mistake = f": {self.mistake.name}" if self.mistake else ""
        return f"{self.layer.name}{mistake} (seed {self.seed})"

    @property
    def wrong(self) -> list[str]:
        """The inputs whose gradients are wrong."""
        return self.mistake.wrong if self.mistake else []


def list_cases(layers: Iterable[Layer], seeds: Iterable[int]) -> list[Case]:
    """Return each layer, right and with each of its mistakes, at each seed."""
    seeds = list(seeds)
    return [
        Case(layer, mistake, seed)
        for layer in layers
        for mistake in (None, *layer.mistakes)
        for seed in seeds
    ]
