"""Right answers to the exercises of lesson 7, written in other ways than the reference."""

from collections.abc import Callable
from typing import Any

import numpy as np

import gradlab


def by_check_gradient(networks: Any) -> Any:
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


def by_dict(networks: Any) -> Any:
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


def from_the_output(networks: Any) -> Any:
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


def as_an_array(networks: Any) -> Any:
    return np.array(from_the_output(networks))


RIGHT: dict[str, list[Callable[..., Any]]] = {
    "find_bugs": [by_check_gradient, by_dict, from_the_output, as_an_array],
}
