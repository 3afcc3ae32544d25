"""Negative log likelihoods of independent observations, up to a constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.benchmarks.world.functions import (
    cholesky,
    digamma,
    log_gamma,
    log_sum_exp,
    softmax,
)
from tools.benchmarks.world.problem import Array, Family, Instance, Rng

Tree = dict[str, Array]


def _mixture(rng: Rng) -> Instance:
    k = int(rng.integers(2, 4))
    x = np.concatenate([rng.normal(m, 0.7, 8) for m in range(k)])[:, None]

    def joint(p: Tree) -> Any:
        z = (x - p["mean"]) * np.exp(-p["log_sd"])
        return p["logit"] - p["log_sd"] - z * z / 2

    def gradient(p: Tree, mistake: str) -> Tree:
        r = softmax(joint(p))
        if mistake == "responsibilities equal":
            r = np.full_like(r, 1 / k)
        z = (x - p["mean"]) * np.exp(-p["log_sd"])
        weights = r.sum(0)
        if mistake != "softmax of the weights forgotten":
            weights = weights - len(x) * softmax(p["logit"])
        return {
            "logit": -weights,
            "mean": -(r * z * np.exp(-p["log_sd"])).sum(0),
            "log_sd": -(r * (z * z - 1)).sum(0),
        }

    def loss(p: Tree) -> Any:
        return len(x) * log_sum_exp(p["logit"]) - np.sum(log_sum_exp(joint(p)))

    params = {
        "logit": rng.normal(size=k),
        "mean": rng.normal(size=k),
        "log_sd": 0 * rng.normal(size=k),
    }
    params["log_sd"] = rng.uniform(-0.5, 0.5, k)
    return Instance(loss, gradient, params)


def _gamma(rng: Rng) -> Instance:
    x = rng.gamma(2.0, 1.5, 20)

    def loss(p: Array) -> Any:
        a, b = p
        return np.sum(log_gamma(a) - a * np.log(b) - (a - 1) * np.log(x) + b * x)

    def gradient(p: Array, mistake: str) -> Array:
        a, b = p
        psi = np.log(a) if mistake == "log for digamma" else digamma(a)
        return np.array([np.sum(psi - np.log(b) - np.log(x)), np.sum(x - a / b)])

    return Instance(loss, gradient, rng.uniform(0.5, 3, 2))


def _beta(rng: Rng) -> Instance:
    x = rng.beta(2.0, 3.0, 20)

    def loss(p: Array) -> Any:
        a, b = p
        constant = log_gamma(a) + log_gamma(b) - log_gamma(a + b)
        return np.sum(constant - (a - 1) * np.log(x) - (b - 1) * np.log1p(-x))

    def gradient(p: Array, mistake: str) -> Array:
        a, b = p
        both = 0 if mistake == "digamma of the sum lost" else digamma(a + b)
        return np.array(
            [
                np.sum(digamma(a) - both - np.log(x)),
                np.sum(digamma(b) - both - np.log1p(-x)),
            ]
        )

    return Instance(loss, gradient, rng.uniform(0.5, 4, 2))


def _student(rng: Rng) -> Instance:
    x = rng.standard_t(3, 25)

    def loss(p: Array) -> Any:
        mean, log_s, nu = p
        z = (x - mean) * np.exp(-log_s)
        constant = log_gamma(nu / 2) - log_gamma((nu + 1) / 2) + np.log(nu) / 2 + log_s
        return np.sum(constant + (nu + 1) / 2 * np.log1p(z * z / nu))

    def gradient(p: Array, mistake: str) -> Array:
        mean, log_s, nu = p
        z = (x - mean) * np.exp(-log_s)
        w = (nu + 1) / (nu + z * z)
        half = 1 if mistake == "1/2 forgotten" else 0.5
        d_nu = half * (digamma(nu / 2) - digamma((nu + 1) / 2)) + 0.5 / nu
        d_nu = d_nu + np.log1p(z * z / nu) / 2 - w * z * z / (2 * nu)
        return np.array([-np.sum(w * z) * np.exp(-log_s), np.sum(1 - w * z * z), np.sum(d_nu)])

    return Instance(loss, gradient, np.array([0.3, 0.2, 3.5]) * rng.uniform(0.7, 1.3, 3))


def _normal(rng: Rng) -> Instance:
    n = int(rng.integers(2, 5))
    X = rng.normal(size=(12, n)) @ rng.normal(size=(n, n))

    def whiten(p: Tree) -> list[Any]:
        """Return the columns of (X - mean) L^-T by forward substitution."""
        Z: list[Any] = []
        for i in range(n):
            rest = X[:, i] - p["mean"][i] - sum(p["L"][i, j] * Z[j] for j in range(i))
            Z.append(rest / p["L"][i, i])
        return Z

    def loss(p: Tree) -> Any:
        logs = sum(np.log(p["L"][i, i]) for i in range(n))
        return len(X) * logs + sum(np.sum(z * z) for z in whiten(p)) / 2

    def gradient(p: Tree, mistake: str) -> Tree:
        L = np.tril(p["L"])
        Z = np.array(whiten(p)).T
        back = np.linalg.solve(L.T, Z.T).T
        dL = -back.T @ Z
        if mistake != "log det forgotten":
            dL = dL + len(X) * np.diag(1 / np.diag(L))
        return {"mean": -back.sum(0), "L": dL if mistake == "upper triangle left" else np.tril(dL)}

    L = np.tril(rng.normal(size=(n, n)), -1) + np.diag(rng.uniform(0.8, 2, n))
    return Instance(loss, gradient, {"mean": rng.normal(size=n), "L": L})


def _dirichlet_multinomial(rng: Rng) -> Instance:
    k = int(rng.integers(3, 7))
    counts = rng.multinomial(20, np.ones(k) / k, size=5).astype(float)

    def loss(a: Array) -> Any:
        total = a.sum()
        one = log_gamma(total + 20) - log_gamma(total)
        return 5 * one - np.sum(log_gamma(counts + a) - log_gamma(a))

    def gradient(a: Array, mistake: str) -> Array:
        total = a.sum()
        rows = 1 if mistake == "batch sum forgotten" else 5
        one = rows * (digamma(total + 20) - digamma(total))
        return np.asarray(one - (digamma(counts + a) - digamma(a)).sum(0))

    return Instance(loss, gradient, rng.uniform(0.3, 3, k))


def _negative_binomial(rng: Rng) -> Instance:
    y = rng.negative_binomial(3, 0.4, 25).astype(float)

    def loss(p: Array) -> Any:
        mean, r = np.exp(p)
        one = log_gamma(r) - log_gamma(y + r) - r * np.log(r) - y * np.log(mean)
        return np.sum(one + (y + r) * np.log(mean + r))

    def gradient(p: Array, mistake: str) -> Array:
        mean, r = np.exp(p)
        d_r = digamma(r) - digamma(y + r) - np.log(r) - 1 + np.log(mean + r) + (y + r) / (mean + r)
        d_mean = (y + r) / (mean + r) - y / mean
        chain = np.ones(2) if mistake == "exp' forgotten" else np.array([mean, r])
        return np.asarray(chain * np.array([d_mean.sum(), d_r.sum()]))

    return Instance(loss, gradient, rng.uniform(0.3, 1.5, 2))


def _gaussian_process(rng: Rng) -> Instance:
    n = int(rng.integers(5, 8))
    x = np.sort(rng.uniform(0, 4, n))
    y, D = np.sin(x) + 0.1 * rng.normal(size=n), (x[:, None] - x) ** 2

    def kernel(p: Array) -> tuple[Any, Any]:
        length, size, noise = np.exp(2 * p)
        K = size * np.exp(-D / (2 * length))
        return K, K + noise * np.eye(n)

    def loss(p: Array) -> Any:
        L = cholesky(kernel(p)[1])
        z: list[Any] = []
        for i in range(n):
            z.append((y[i] - sum(L[i, j] * z[j] for j in range(i))) / L[i, i])
        return sum(v * v for v in z) / 2 + sum(np.log(L[i, i]) for i in range(n))

    def gradient(p: Array, mistake: str) -> Array:
        K, A = kernel(p)
        inverse = np.linalg.inv(A)
        alpha = inverse @ y
        M = -np.outer(alpha, alpha) + (0 if mistake == "trace forgotten" else inverse)
        length, _, noise = np.exp(2 * p)
        parts = np.array([np.sum(M * K * D / length), 2 * np.sum(M * K), 2 * noise * np.trace(M)])
        return parts if mistake == "1/2 forgotten" else parts / 2

    return Instance(loss, gradient, np.array([0.2, 0.1, -1.0]) + rng.uniform(-0.3, 0.3, 3))


_PRML = "Bishop, Pattern Recognition and Machine Learning, 2006, "

FAMILIES = (
    Family(
        "Gaussian mixture",
        "likelihoods",
        _PRML + "section 9.2",
        _mixture,
        ("responsibilities equal", "softmax of the weights forgotten"),
    ),
    Family(
        "gamma",
        "likelihoods",
        "Minka 2002, Estimating a Gamma distribution",
        _gamma,
        ("log for digamma",),
    ),
    Family(
        "beta",
        "likelihoods",
        "Johnson, Kotz and Balakrishnan 1995, chapter 25",
        _beta,
        ("digamma of the sum lost",),
    ),
    Family(
        "Student's t",
        "likelihoods",
        "Lange, Little and Taylor 1989, JASA 84",
        _student,
        ("1/2 forgotten",),
    ),
    Family(
        "multivariate normal",
        "likelihoods",
        "Murray 2016, arXiv:1602.07527",
        _normal,
        ("log det forgotten", "upper triangle left"),
    ),
    Family(
        "Dirichlet-multinomial",
        "likelihoods",
        "Minka 2000, Estimating a Dirichlet distribution",
        _dirichlet_multinomial,
        ("batch sum forgotten",),
    ),
    Family(
        "negative binomial",
        "likelihoods",
        "Hilbe, Negative Binomial Regression, 2011",
        _negative_binomial,
        ("exp' forgotten",),
    ),
    Family(
        "Gaussian process",
        "likelihoods",
        "Rasmussen and Williams 2006, section 5.4",
        _gaussian_process,
        ("trace forgotten", "1/2 forgotten"),
    ),
)
