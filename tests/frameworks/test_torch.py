"""``frameworks.torch.check``: functions, custom backward passes and modules."""

import random
from typing import Any

import pytest
import torch

from gradlab import GradientReport
from gradlab.frameworks.torch import check

torch.set_num_threads(1)


def tensor(*shape: int, seed: int = 0, **kind: Any) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(**kind)


def names(report: GradientReport) -> list[str]:
    return [block.name for block in report.parameters]


def failing(report: GradientReport) -> list[str]:
    return [block.name for block in report.parameters if block.verdict == "fail"]


class Affine(torch.autograd.Function):
    """x W + b, whose backward pass may be wrong."""

    wrong = ""

    @staticmethod
    def forward(ctx: Any, x: Any, W: Any, b: Any) -> Any:
        ctx.save_for_backward(x, W)
        return x @ W + b

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        x, W = ctx.saved_tensors
        db = upstream.mean(0) if Affine.wrong == "b" else upstream.sum(0)
        dW = None if Affine.wrong == "W" else x.T @ upstream
        return upstream @ W.T, dW, db


class Short(torch.autograd.Function):
    """A kernel that takes float32 only, whose backward pass may be off by a factor."""

    factor = 1.0

    @staticmethod
    def forward(ctx: Any, x: Any, W: Any) -> Any:
        if x.dtype != torch.float32:
            raise RuntimeError("this kernel takes float32")
        y = torch.tanh(x @ W)
        ctx.save_for_backward(x, W, y)
        return y

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        x, W, y = ctx.saved_tensors
        delta = upstream * (1 - y * y)
        return Short.factor * (delta @ W.T), x.T @ delta


@pytest.mark.parametrize("wrong", ["", "W", "b"])
def test_a_custom_function(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setattr(Affine, "wrong", wrong)
    report = check(Affine, (tensor(5, 3), tensor(3, 4), tensor(4)))
    assert names(report) == ["x", "W", "b"]
    assert failing(report) == ([wrong] if wrong else [])
    assert report.passed == (not wrong)
    applied = check(Affine.apply, (tensor(5, 3), tensor(3, 4), tensor(4)))
    assert applied.verdict == report.verdict


def test_a_function_whose_context_is_set_up_apart() -> None:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(z: Any) -> Any:
            return z**3

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            (z,) = ctx.saved_tensors
            return 3 * z**2 * upstream

    report = check(Cube, tensor(4))
    assert report.passed
    assert names(report) == ["z"]


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (torch.nn.Linear(3, 2), tensor(5, 3)),
        (torch.nn.Conv2d(2, 3, 3, padding=1), tensor(2, 2, 4, 4)),
        (torch.nn.BatchNorm1d(3), tensor(5, 3)),
        (torch.nn.BatchNorm1d(3).eval(), tensor(5, 3)),
        (torch.nn.LayerNorm(4), tensor(2, 4)),
        (torch.nn.LSTM(3, 2), tensor(2, 2, 3)),
        (torch.nn.Embedding(5, 2), torch.tensor([[0, 3], [3, 1]])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_modules_of_pytorch_pass(module: Any, inputs: Any) -> None:
    before = {name: value.clone() for name, value in module.state_dict().items()}
    report = check(module, inputs)
    assert report.passed, report
    parameters = [name for name, _ in module.named_parameters()]
    assert names(report)[: len(parameters)] == parameters
    after = module.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert all(parameter.dtype == torch.float32 for parameter in module.parameters())
    assert all(parameter.grad is None for parameter in module.parameters())


def test_a_module_with_a_mistake() -> None:
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Linear(3, 4)
            self.last = torch.nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            hidden = torch.tanh(self.first(x))
            return self.last(hidden.detach()) + hidden[:, :2]

    report = check(Net(), tensor(5, 3))
    assert failing(report) == ["first.weight", "first.bias", "x"]


def test_what_needs_no_gradient_is_held() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    net[0].requires_grad_(False)
    assert names(check(net, tensor(5, 3))) == ["2.weight", "2.bias", "input"]
    x = tensor(5, 3).requires_grad_()
    report = check(lambda x, y: x * y, (x, tensor(5, 3)))
    assert names(report) == ["x"]
    assert any("y" in note for note in report.notes if note.startswith("Held"))
    assert x.grad is None


def test_a_parameter_of_the_name_of_an_input() -> None:
    class Scale(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.x = torch.nn.Parameter(torch.ones(3))

        def forward(self, x: Any) -> Any:
            return x * self.x

    assert names(check(Scale(), tensor(5, 3))) == ["x", "inputs.x"]


def test_structures() -> None:
    def mix(state: Any, params: Any) -> Any:
        hidden = torch.tanh(state[0] @ params["W"])
        return {"hidden": hidden, "more": (hidden * state[1], torch.arange(3))}

    report = check(mix, ((tensor(2, 3), tensor(2, 4)), {"W": tensor(3, 4), "name": "W"}))
    assert report.passed
    assert names(report) == ["state[0]", "state[1]", "params['W']"]


def test_an_upstream_may_be_given() -> None:
    upstream = tensor(5, 3, seed=1)
    report = check(torch.sin, tensor(5, 3), upstream=upstream)
    slopes = torch.from_numpy(report.evidence.slopes[0].value)
    assert torch.allclose(slopes, (upstream * torch.cos(tensor(5, 3))).double(), atol=1e-6)


# Fewer digits


def test_float32_is_checked_in_float64_where_that_works() -> None:
    assert check(torch.tanh, tensor(5)).precision == "float64"


@pytest.mark.parametrize("seed", range(5))
def test_a_kernel_for_float32(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    inputs = tensor(5, 8, seed=seed), tensor(8, 4, seed=seed + 50) / 3
    report = check(Short, inputs, seed=seed)
    assert report.precision == "float32"
    assert report.verdict != "fail", report
    resolution = max(block.resolution for block in report.parameters)
    monkeypatch.setattr(Short, "factor", 1 + 10 * resolution)
    assert failing(check(Short, inputs, seed=seed)) == ["x"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_few_digits_inside_are_found_and_do_not_fail(dtype: torch.dtype) -> None:
    for f in (torch.tanh, torch.exp, torch.relu, torch.nn.functional.silu):
        report = check(lambda x, f=f: f(x.to(dtype)), tensor(3, 7))
        assert report.verdict != "fail", report
        assert report.precision == str(dtype).removeprefix("torch.")


def test_a_large_error_in_bfloat16_fails() -> None:
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x.to(torch.bfloat16).exp()

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            (x,) = ctx.saved_tensors
            return -(upstream * x.exp()).to(x.dtype)

    assert check(Wrong, tensor(6)).verdict == "fail"


# Bad input, and what stays as it was


@pytest.mark.parametrize(
    ("function", "inputs", "message"),
    [
        (None, (tensor(3),), "function is of type NoneType"),
        (torch.sin, 1.0, "inputs is of type float; it must be a tensor, or a tuple"),
        (torch.sin, (torch.tensor([1, 2]),), "inputs has no tensor of floats .*int64"),
        (lambda x, y: x, (tensor(3),), "inputs has 1 entry, but forward takes"),
        (torch.abs, (torch.tensor([1j]),), r"complex; it must be real: use torch.view_as_real"),
        (lambda x: x + 1j, (tensor(3),), "an output is complex"),
        (
            lambda x: x.tolist(),
            (tensor(3),),
            "the function returned a list without a tensor; it must return",
        ),
        (lambda x: x.detach(), (tensor(3),), "no output requires a gradient; one must depend on"),
        (lambda x: x.long(), (tensor(3),), "no array of floats, but .*; it must return one"),
        (torch.sin, (torch.tensor([1.0, float("nan")]),), r"is nan in \[1\]; it must be finite"),
    ],
)
def test_bad_input_is_named(function: Any, inputs: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        check(function, inputs)


def test_an_error_of_the_users_own_passes_through() -> None:
    def mine(x: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        check(mine, tensor(3))


def test_no_state_is_left_behind() -> None:
    torch.manual_seed(5)
    random.seed(5)
    before = torch.get_default_dtype(), torch.is_grad_enabled(), random.getstate()
    x = tensor(4)
    kept = x.clone()
    check(torch.sin, x)
    assert torch.equal(x, kept)
    assert before == (torch.get_default_dtype(), torch.is_grad_enabled(), random.getstate())


# What strangers do


def test_a_function_may_change_its_input_in_place() -> None:
    assert check(torch.nn.ReLU(inplace=True), tensor(5)).passed
    assert check(lambda x: x.mul_(2), tensor(5)).passed


def test_a_check_works_where_gradients_are_off() -> None:
    with torch.no_grad():
        assert check(torch.sin, tensor(5)).passed
    with torch.inference_mode():
        assert check(torch.sin, tensor(5)).passed


def test_an_output_without_a_gradient_is_left_out_and_said() -> None:
    report = check(lambda x: (x**2, x.mean().detach()), tensor(5))
    assert report.passed, report
    assert any(note.startswith("Left out") and "output[1]" in note for note in report.notes)


def test_random_numbers_of_the_user_stay_where_they_were() -> None:
    generator = torch.Generator().manual_seed(3)
    before = torch.get_rng_state(), generator.get_state()

    def dropout(x: Any, generator: Any) -> Any:
        return x * (torch.rand(x.shape, generator=generator) < 0.5)

    assert check(dropout, (tensor(8), generator)).passed
    check(torch.nn.Dropout(), tensor(8))
    assert torch.equal(before[0], torch.get_rng_state())
    assert torch.equal(before[1], generator.get_state())


@pytest.mark.parametrize(
    ("function", "inputs", "message"),
    [
        (torch.nn.Linear, tensor(3), "is the class Linear; it must be an instance"),
        (torch.sin, (tensor(3).to_sparse(),), "is a sparse tensor; it must be a dense one"),
        (lambda x, k: x * k, (tensor(3), tensor(3).numpy()), "k is a NumPy array.*as_tensor"),
        (torch.argmax, (tensor(3),), "no array of floats, but int64"),
    ],
)
def test_more_bad_input_is_named(function: Any, inputs: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        check(function, inputs)


def test_an_upstream_by_keys_is_taken_by_its_keys() -> None:
    def both(x: Any) -> Any:
        return {"a": 2 * x, "b": x.detach() * x}

    zero, one = torch.zeros(5), torch.ones(5)
    assert check(both, tensor(5), upstream={"b": zero, "a": one}).passed
    assert check(both, tensor(5), upstream={"a": zero, "b": one}).verdict == "fail"
    with pytest.raises(ValueError, match="upstream must have the form of the output"):
        check(both, tensor(5), upstream={"a": one, "c": one})


def test_half_precision_with_large_factors_is_linear() -> None:
    assert check(lambda x: x.half() * 1000 / 1000, tensor(6)).verdict != "fail"
