"""The scorecard's part "in the world": judge the problems and print the tables.

``python -m tools.benchmarks.world`` prints them as Markdown; ``--quick`` draws a tenth of the
fresh variants, and ``--kind "few digits" --seeds 500 --first 200000`` those of one kind alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tools.benchmarks.world.catalogue import (
    FEW_DIGITS,
    KINDS,
    SMALL,
    draw,
    list_right,
    list_wrong,
)
from tools.benchmarks.world.peers import find_installed_rules
from tools.benchmarks.world.tables import (
    format_digits,
    format_fresh,
    format_inconclusive,
    format_kinds,
    format_misses,
    format_rules,
    format_small,
)
from tools.benchmarks.world.verdicts import Outcome, count_mistakes, judge

# Seeds that nothing was tuned on. Once something is changed because of one of them, they are no
# longer fresh: then move on to the next 10,000.
FRESH = 100_000
SEEDS = 60
_HEADLINE = """\
## 6. In the world

Layers, fits, likelihoods, test functions and more: {right} right gradients, and {wrong} with a
classic mistake, most of them off by at least 1e-3 of a block. Each is proved right or wrong
without gradlab, by differences of its formula with 50 digits. Losses with few digits have a table
of their own, and so have gradients that are wrong by less."""
_MEASURABLE = """\
Whether float64 can measure a gradient is decided without a checker: the loss as it is computed is
compared with its formula in extended precision, which gives its noise; a gradient counts as
measurable if for each entry there is a step at which noise and truncation of a five-point
difference stay below 5e-4 of the block's largest entry. At a kink there is nothing to measure."""

_LITTLE = """\
An eps, a float32 or a solver's tolerance in one of the two. A fail is right. People also need to
be told that the difference is small, and `rtol` must let it pass."""


def run(quick: bool = False) -> str:
    """Judge the fixed list and the fresh variants, and return the tables as Markdown."""
    fixed = judge([*list_right(), *list_wrong()])
    seeds = range(FRESH, FRESH + (SEEDS // 10 if quick else SEEDS))
    return "\n\n".join([_format_fixed(fixed), run_fresh(seeds)])


def run_fresh(seeds: range, kinds: Sequence[str] = KINDS) -> str:
    """Judge fresh variants of each kind, and return their tables."""
    pairs = [draw(kind, seed) for kind in kinds for seed in seeds]
    fresh = judge(problem for pair in pairs for problem in pair)
    return f"### Fresh variants\n\n{format_fresh(fresh, seeds)}"


def _format_fixed(outcomes: Sequence[Outcome]) -> str:
    wrong = sum(outcome.wrong for outcome in outcomes)
    rules = [None, *find_installed_rules()]
    counts = [(rule, count_mistakes(outcomes, rule)) for rule in rules]
    others = [outcome for outcome in outcomes if outcome.problem.kind != FEW_DIGITS]
    large = [
        outcome for outcome in others if not (outcome.wrong and outcome.problem.kind == SMALL)
    ]
    return "\n\n".join(
        [
            _HEADLINE.format(right=len(outcomes) - wrong, wrong=wrong),
            format_kinds(outcomes),
            format_misses(large),
            _MEASURABLE,
            format_inconclusive(others),
            "### Few digits",
            format_digits(outcomes),
            format_misses([o for o in outcomes if o.problem.kind == FEW_DIGITS and o.missed]),
            "### Wrong by little",
            _LITTLE,
            format_small(outcomes),
            "### Other checks on the same gradients",
            format_rules(outcomes, counts),
        ]
    )


def main() -> None:
    """Print the part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the fresh variants")
    parser.add_argument("--kind", choices=KINDS, help="fresh variants of this kind alone")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many, with --kind")
    parser.add_argument("--first", type=int, default=FRESH, help="the first seed, with --kind")
    options = parser.parse_args()
    if options.kind:
        seeds = range(options.first, options.first + options.seeds)
        print(run_fresh(seeds, [options.kind]))
    else:
        print(run(options.quick))
