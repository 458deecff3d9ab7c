"""NNGP and NTK by recursion where a formula could lose its head; reference values are in `tests/reference`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def spec(layers: list[dict[str, Any]], points: Any, observables: tuple[str, ...] = ("nngp", "ntk")) -> str:
    """A stack of layers; a dense one has `weight` and perhaps `bias`, variances or whole densities."""
    lines = []
    last = max(k for k, layer in enumerate(layers) if "weight" in layer)
    for k, layer in enumerate(layers):
        if "activation" in layer:
            lines.append(f"{{act: {layer['activation']}}}")
            continue
        bias = f", bias: {law(layer['bias'])}" if layer.get("bias") else ""
        lines.append(f"{{dense: {{width: {1 if k == last else 64}, weight: {law(layer['weight'])}{bias}}}}}")
    points = np.asarray(points)
    asked = "\n".join(f"  {word}: {{{word}: {{at: xs}}}}" for word in observables)
    return (
        f"nnspec: 1\nname: kernels\ndata:\n  xs: {points.tolist()}\n"
        f"model:\n  inputs: {{x: R^{points.shape[1]}}}\n  parameterization: ntk\n"
        f"  layers: [{', '.join(lines)}]\nobservables:\n{asked}\n"
    )


def law(given: float | str) -> str:
    return f"'{given}'" if isinstance(given, str) else f"'Normal(0, {given!r})'"


def mlp(activation: str, weight: float, bias: float, depth: int) -> list[dict[str, Any]]:
    dense = {"weight": weight, "bias": bias}
    return [layer for _ in range(depth) for layer in (dense, {"activation": activation})] + [dense]


# ---------------------------------------------------------------- where angles and roots degenerate
def awkward(dim: int) -> Any:
    """Points of which some are the same, antipodal, parallel, almost the same, or zero."""
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(2, dim))
    return np.stack([x, x, -x, 2 * x, x * (1 + 1e-9), y, -y, y, 0 * x, 1e-140 * x, 1e3 * y])


@pytest.mark.parametrize(
    ("activation", "depth", "bias"),
    [("relu", 1, 0.0), ("relu", 4, 0.1), ("gelu", 4, 0.0), ("erf", 4, 0.1), ("sin", 3, 0.0), ("cos", 3, 0.1),
     ("exp", 2, 0.0)],
)  # fmt: skip
def test_the_same_point_twice_has_the_diagonal_twice(activation, depth, bias, compute):
    """rtol 3e-7: an angle is known to the root of rounding only, sqrt(2 * 2^-52) times the depth, over pi."""
    points = awkward(7)
    if activation == "exp":
        points = points[:-1] * 0.1
    found = compute(spec(mlp(activation, 1.5, bias, depth), points))
    for word in ("nngp", "ntk"):
        kernel = found[word].value
        assert np.all(np.isfinite(kernel)), word
        size = np.sqrt(np.outer(np.diag(kernel), np.diag(kernel)))
        assert np.all(np.abs(kernel - kernel.T) <= 3e-7 * size), word
        np.testing.assert_allclose(kernel[0, 1], kernel[0, 0], rtol=3e-7)
        np.testing.assert_allclose(kernel[5, 7], kernel[5, 5], rtol=3e-7)
        assert np.all(np.abs(kernel[0] - kernel[1]) <= 3e-7 * size[0]), word
        assert np.all(np.linalg.eigvalsh(kernel / np.max(kernel)) > -3e-7), word


@pytest.mark.parametrize("scale", [1e-7, 1e17])
def test_parallel_points_of_very_different_length(scale, compute):
    """On one ray a network without biases is |x| times itself: K(x, s x) = s K(x, x), and so for the NTK."""
    found = compute(spec(mlp("relu", 2.0, 0.0, 3), [[0.3, -1.1, 0.7], [0.3 * scale, -1.1 * scale, 0.7 * scale]]))
    for word in ("nngp", "ntk"):
        kernel = found[word].value
        np.testing.assert_allclose(kernel[0, 1], scale * kernel[0, 0], rtol=3e-7, err_msg=word)


@pytest.mark.parametrize("depth", [1, 3, 10])
def test_critical_relu_keeps_the_diagonal(depth, compute):
    """With sigma_w^2 = 2 and no bias K(x, x) = 2 x.x / d and Theta(x, x) = (L + 1) K(x, x), to rounding."""
    points = np.random.default_rng(3).normal(size=(6, 10))
    found = compute(spec(mlp("relu", 2.0, 0.0, depth), points))
    diagonal = 2 * np.sum(points**2, axis=1) / 10
    np.testing.assert_allclose(np.diag(found["nngp"].value), diagonal, rtol=1e-14 * (depth + 2))
    np.testing.assert_allclose(np.diag(found["ntk"].value), (depth + 1) * diagonal, rtol=1e-14 * (depth + 2))


def test_antipodal_points_of_a_relu_network(compute):
    """E relu(u) relu(-u) = 0, and relu has no derivative in common there: one hidden layer gives exactly nothing."""
    found = compute(spec(mlp("relu", 2.0, 0.0, 1), [[1.0, 2.0, -0.5], [-1.0, -2.0, 0.5], [-3.0, -6.0, 1.5]]))
    assert np.max(np.abs(found["nngp"].value[0, 1:])) < 1e-15
    assert np.max(np.abs(found["ntk"].value[0, 1:])) < 1e-15


@pytest.mark.parametrize("word", ["nngp", "ntk"])
def test_the_law_of_hidden_weights_does_not_matter_but_their_variance(word, compute):
    """Uniform(-a, a) has the variance a^2 / 3; many of them add up to a Gaussian."""
    points = [[1.0, 0.3], [-0.4, 0.9]]
    normal = [
        {"weight": 1.5, "bias": 0.1},
        {"activation": "erf"},
        {"weight": 3.0},
        {"activation": "relu"},
        {"weight": 0.75},
    ]
    uniform = [dict(layer) for layer in normal]
    uniform[2]["weight"], uniform[4]["weight"] = "Uniform(-3, 3)", "Uniform(-1.5, 1.5)"
    a, b = (compute(spec(layers, points, (word,)))[word].value for layers in (normal, uniform))
    np.testing.assert_allclose(a, b, rtol=1e-14)
