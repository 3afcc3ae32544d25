"""The scorecard's part "Layers": judge them all and print the tables.

``python -m tools.benchmarks.layers`` prints them as Markdown; ``--quick`` takes one draw of each
layer's inputs, ``--draws 50 --first 1000`` takes others, ``--layer softmax`` one layer alone and
``--no-peers`` leaves the other packages' checks out.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tools.benchmarks.layers.cases import list_cases
from tools.benchmarks.layers.catalogue import LAYERS
from tools.benchmarks.layers.layer import Layer
from tools.benchmarks.layers.peers import (
    count_verdicts,
    find_installed_peers,
    find_missing_peers,
)
from tools.benchmarks.layers.tables import (
    format_causes,
    format_groups,
    format_misses,
    format_peers,
)
from tools.benchmarks.layers.verdicts import judge

DRAWS = 5
PEER_DRAWS = 2
_HEADLINE = """\
## 7. Layers

{layers} layers as people write them in NumPy, through `check_layer`, and {mistakes} classic
mistakes in their backward passes, at {draws} of their inputs each. Each is proved right, or wrong
in the inputs that are named and right in all others, without gradlab: by the complex step, or by
differences with 50 digits. *Blamed exactly*: the inputs whose gradients are wrong fail, and no
others. *Cause named*: of the mistakes of which the numbers prove a cause, by a finding of its kind
about an input that is wrong."""
_PEERS = """\
Each package's own check, as it comes, on the same NumPy code in a `torch.autograd.Function`, a
`jax.custom_vjp` or an `autograd.extend.primitive`, at {draws}. *Blamed exactly*: if it fails, and
each input is checked by itself, those that are wrong fail and no others. None names a cause."""


def run(quick: bool = False, layers: Sequence[Layer] = LAYERS) -> str:
    """Judge all layers, also by the other packages' checks, and return the tables."""
    draws, peer_draws = (1, 1) if quick else (DRAWS, PEER_DRAWS)
    return run_draws(range(draws), range(peer_draws), layers)


def run_draws(draws: range, peer_draws: range, layers: Sequence[Layer] = LAYERS) -> str:
    """Judge layers at some draws, by the other packages' checks too, and return the tables."""
    outcomes = judge(list_cases(layers, draws))
    mistakes = sum(len(layer.mistakes) for layer in layers)
    parts = [
        _HEADLINE.format(layers=len(layers), mistakes=mistakes, draws=_count_draws(draws)),
        format_groups(outcomes),
        format_misses(outcomes),
        format_causes(outcomes),
    ]
    if not peer_draws:
        return "\n\n".join(parts)
    cases = list_cases(layers, peer_draws)
    tallies = [count_verdicts(peer, cases) for peer in find_installed_peers()]
    missing = find_missing_peers()
    parts += [
        "### Other packages' checks on the same layers",
        _PEERS.format(draws=_count_draws(peer_draws)),
        format_peers(outcomes, tallies),
    ]
    if missing:
        parts.append(f"Left out, because they are not installed: {', '.join(missing)}.")
    return "\n\n".join(parts)


def _count_draws(draws: range) -> str:
    count = f"{len(draws)} draw{'s' if len(draws) > 1 else ''}"
    return f"{count} from {draws[0]} on" if draws[0] else count


def main() -> None:
    """Print the part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one draw of each layer's inputs")
    parser.add_argument("--draws", type=int, default=DRAWS, help="how many draws")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first draw")
    parser.add_argument("--layer", choices=[layer.name for layer in LAYERS], help="this one alone")
    parser.add_argument("--no-peers", action="store_true", help="without the other packages")
    options = parser.parse_args()
    layers = [layer for layer in LAYERS if options.layer in (None, layer.name)]
    draws = range(options.first, options.first + (1 if options.quick else options.draws))
    peer_draws = range(0) if options.no_peers else draws[:PEER_DRAWS]
    print(run_draws(draws, peer_draws, layers))
