"""The environment for PyTorch and JAX: what is for GPUs is known before it is fetched."""

from tools.frameworks import list_for_gpus


def report_of(*names: str) -> dict[str, object]:
    return {"install": [{"metadata": {"name": name}} for name in names]}


def test_what_is_for_gpus_is_listed() -> None:
    names = ["torch", "nvidia-cublas", "filelock", "triton", "cuda-bindings", "Jinja2"]
    assert list_for_gpus(report_of(*names)) == ["cuda-bindings", "nvidia-cublas", "triton"]


def test_a_build_for_the_cpu_has_none() -> None:
    assert list_for_gpus(report_of("torch", "sympy", "networkx", "jaxlib", "scipy")) == []
