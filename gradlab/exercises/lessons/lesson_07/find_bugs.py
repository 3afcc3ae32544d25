"""The exercise ``find_bugs`` of lesson 7."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

import gradlab
from gradlab.bugs.suspects import Suspect, confusion_table, draw_suspects, nearest_to_output
from gradlab.exercises.exercise import Cases, Exercise, Misconception, Tally, Trial
from gradlab.exercises.marking.values import list_leaves
from gradlab.network.batch import Params


def find_bugs(networks):
    """Return a list: for each network "ok", or the wrong block nearest to the output.

    Each network has .params, .X, .Y, .loss(X, Y) and .gradients(X, Y). A block is called "W2" or
    "b2"; where both of a layer are wrong, "W2" is meant.
    """
    answers = []
    for network in networks:
        report = gradlab.check_network(network, network.X, network.Y)
        wrong = [block.name for block in report.parameters if block.verdict == "fail"]
        # By layer, and W after b: the last one is meant.
        wrong.sort(key=lambda name: (int(name[1:]), name[0] == "W"))
        answers.append(wrong[-1] if wrong else "ok")
    return answers


_COUNT = 20


def _cases(rng: np.random.Generator) -> Cases:
    networks, _ = draw_suspects(_COUNT, int(rng.integers(2**32)))
    return {f"{_COUNT} networks, half of them right": [(networks,)]}


def _said_and_right(trials: list[Trial]) -> list[tuple[str, str]]:
    """Pair what was said of each network with what is right; empty if it was no list of names."""
    (trial,) = trials
    if trial.stage not in ("", "values"):
        return []
    return [
        (str(s), str(r))
        for s, r in zip(list_leaves(trial.got), list_leaves(trial.expected), strict=True)
    ]


def _tally(trials: list[Trial]) -> Tally:
    """Count the networks; half of them right is what anyone gets who says "ok" to all."""
    pairs = _said_and_right(trials)
    if not pairs:
        return Tally(0, _COUNT, 0.0)
    right = sum(said == answer for said, answer in pairs)
    share = max(0, 2 * right - len(pairs)) / len(pairs)
    table = confusion_table([said for said, _ in pairs], [answer for _, answer in pairs])
    return Tally(right, len(pairs), share, tuple(table.splitlines()))


def _mistakes(
    kind: Callable[[str, str], bool],
) -> Callable[[list[Trial]], bool]:
    """Return whether there are mistakes, and all of them are of one kind (said, right)."""

    def shows(trials: list[Trial]) -> bool:
        wrong = [(said, right) for said, right in _said_and_right(trials) if said != right]
        return bool(wrong) and all(kind(said, right) for said, right in wrong)

    return shows


def _layer(name: str) -> int:
    return int(name[1:]) if re.fullmatch(r"[Wb]\d{1,4}", name) else 0


def _is_all_ok(trials: list[Trial]) -> bool:
    return {said for said, _ in _said_and_right(trials)} == {"ok"}


def _is_no_name(trials: list[Trial]) -> bool:
    return any(
        said != "ok" and not re.fullmatch(r"[Wb]\d+", said) for said, _ in _said_and_right(trials)
    )


def _by_the_textbook(networks: list[Suspect]) -> list[str]:
    """Answer by one step and one limit for the ratio of every block."""
    return [
        nearest_to_output([name for name, ratio in _textbook_ratios(network) if ratio > 1e-7])
        for network in networks
    ]


def _textbook_ratios(network: Suspect) -> list[tuple[str, float]]:
    analytic = network.gradients(network.X, network.Y)
    params = network.params

    def loss(moved: Params) -> float:
        network.params = moved
        return network.loss(network.X, network.Y)

    numeric = gradlab.numerical_gradient(loss, params, h=1e-5)
    network.params = params
    return [
        (f"{letter}{layer}", gradlab.relative_difference(a, n))
        for layer, pairs in enumerate(zip(analytic, numeric, strict=True), start=1)
        for letter, a, n in zip("Wb", *pairs, strict=True)
    ]


def _failed_blocks(network: Suspect) -> list[str]:
    report = gradlab.check_network(network, network.X, network.Y)
    return [block.name for block in report.parameters if block.verdict == "fail"]


def _first_block(networks: list[Suspect]) -> list[str]:
    return [next(iter(_failed_blocks(network)), "ok") for network in networks]


def _last_in_the_table(networks: list[Suspect]) -> list[str]:
    return [["ok", *_failed_blocks(network)][-1] for network in networks]


def _verdicts(networks: list[Suspect]) -> list[str]:
    return [gradlab.check_network(n, n.X, n.Y).verdict for n in networks]


def _wrong_ones_only(networks: list[Suspect]) -> list[str]:
    return [answer for answer in find_bugs(networks) if answer != "ok"]


def _by_findings(networks: list[Suspect]) -> list[str]:
    answers = []
    for network in networks:
        findings = gradlab.check_network(network, network.X, network.Y).findings
        answers.append(nearest_to_output([f.parameter for f in findings if f.parameter]))
    return answers


def _by_the_whole_ratio(networks: list[Suspect]) -> list[str]:
    answers = []
    for network, found in zip(networks, find_bugs(networks), strict=True):
        report = gradlab.check_network(network, network.X, network.Y)
        answers.append(found if report.difference > 0.2 else "ok")
    return answers


def _by_check_gradient(networks: Any) -> Any:
    answers = []
    for network in networks:

        def loss(params: Any, network: Any = network) -> Any:
            network.params = params
            return network.loss(network.X, network.Y)

        def gradient(params: Any, network: Any = network) -> Any:
            network.params = params
            return network.gradients(network.X, network.Y)

        before = network.params
        report = gradlab.check_gradient(loss, gradient, before)
        network.params = before
        answer = "ok"
        for block in report.parameters:
            same_layer = answer[1:] == block.name[1:]
            if block.verdict == "fail" and not same_layer:
                answer = block.name
        answers.append(answer)
    return answers


def _by_dict(networks: Any) -> Any:
    answers = []
    for network in networks:
        report = gradlab.check_network(network, network.X, network.Y, method="loop")
        data = report.to_dict()
        failed = {b["name"] for b in data["parameters"] if b["verdict"] == "fail"}
        layers = [int(name[1:]) for name in failed]
        if not layers:
            answers.append("ok")
        else:
            last = max(layers)
            answers.append(f"W{last}" if f"W{last}" in failed else f"b{last}")
    return answers


def _from_the_output(networks: Any) -> Any:
    answers = []
    for network in networks:
        report = gradlab.check_network(network, network.X, network.Y)
        blocks = {block.name: block.verdict for block in report.parameters}
        if report.passed or report.verdict == "inconclusive":
            answers.append("ok")
            continue
        for layer in range(len(network.params), 0, -1):
            found = [n for n in (f"W{layer}", f"b{layer}") if blocks[n] == "fail"]
            if found:
                answers.append(found[0])
                break
    return tuple(answers)


def _as_an_array(networks: Any) -> Any:
    return np.array(_from_the_output(networks))


EXERCISE = Exercise(
    points=20,
    reference=find_bugs,
    cases=_cases,
    tally=_tally,
    may_use=frozenset(
        {
            "check_gradient",
            "check_network",
            "numerical_gradient",
            "relative_difference",
            "ravel",
            "GradientReport",
            "Finding",
            "Suspect",
        }
    ),
    misconceptions=(
        Misconception(
            wrong=_wrong_ones_only,
            hint="There is one answer for each network, in their order: “ok” for the right ones.",
            shows=lambda trials: trials[0].stage == "shape",
        ),
        Misconception(
            wrong=lambda networks: [_failed_blocks(network) for network in networks],
            hint="One name for each network, as text: the failed block nearest to the output, or "
            "“ok”.",
            shows=lambda trials: trials[0].stage == "returns",
        ),
        Misconception(
            wrong=lambda networks: ["ok"] * len(networks),
            hint="You call every network right. Half of them are not.",
            shows=_is_all_ok,
        ),
        Misconception(
            wrong=_verdicts,
            hint="Say “ok” or the name of a block, such as “W2”: the rows of report.parameters "
            "have a name and a verdict each.",
            shows=_is_no_name,
        ),
        Misconception(
            wrong=_by_findings,
            hint="Findings name a cause only where it can be proved. What is wrong is said by the "
            "verdict of each block in report.parameters.",
        ),
        Misconception(
            wrong=_last_in_the_table,
            hint="Your layers are right, but where both W and b of a layer are wrong, W is meant.",
            shows=_mistakes(
                lambda said, right: (
                    said[0] == "b" and right[0] == "W" and _layer(said) == _layer(right)
                )
            ),
        ),
        Misconception(
            wrong=_first_block,
            hint="You name a block too near to the input. The mistake sits in the failed block "
            "nearest to the output; what lies left of it is often wrong for the same reason.",
            shows=_mistakes(lambda said, right: 0 < _layer(said) < _layer(right)),
        ),
        Misconception(
            wrong=_by_the_textbook,
            hint="You find the wrong ones, but raise false alarms: some right networks lie on "
            "kinks, have a large loss, whose rounding is no mistake, or inputs so large that the "
            "step is too long. What does gradlab's verdict say of each block?",
            # A false alarm may also lie nearer to the output than the mistake.
            shows=_mistakes(lambda said, right: right == "ok" or _layer(said) >= _layer(right)),
        ),
        Misconception(
            wrong=_by_the_whole_ratio,
            hint="You miss some of the wrong ones: a wrong block may be small beside the others. "
            "Look at each block, not at the whole.",
            shows=_mistakes(lambda said, right: said == "ok"),
        ),
    ),
    advice="Run it on gradlab.draw_suspects(20, seed=70), which gives the answers too, and look "
    "at the networks where you differ.",
    hints=(
        "Let check_network do the measuring. What does its report say of each block?",
        "The blocks of a report are in report.parameters, from input to output. Collect the names "
        "of those whose verdict is “fail”; “inconclusive” is not a mistake that was shown.",
        "If none fails, answer “ok”. Else take the largest layer number among the names, and W "
        "before b if both are there.",
    ),
    also_right=(
        _by_check_gradient,
        _by_dict,
        _from_the_output,
        _as_an_array,
    ),
)
