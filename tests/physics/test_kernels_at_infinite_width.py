"""NNGP and NTK by recursion against numbers made elsewhere, and where a formula could lose its head."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REFERENCE = Path(__file__).parent.parent / "reference"
CASES = json.loads((REFERENCE / "kernels.json").read_text())
RECORDS = json.loads((REFERENCE / "physics_values.json").read_text())
INSTALLED = ("relu", "erf", "gelu", "sin", "cos", "exp", "linear")


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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_kernels_are_those_of_an_independent_recursion(case, compute):
    found = compute(spec(case["layers"], [*case["x1"], *case["x2"]]))
    n = len(case["x1"])
    # rows that are almost parallel lose digits in every formula with an angle: arccos has an infinite slope there
    rtol = 1e-7 if "parallel" in case["id"] else case["rtol"]
    for word in ("nngp", "ntk"):
        for block, expected in ((np.s_[:n, :n], case[f"{word}_11"]), (np.s_[:n, n:], case[f"{word}_12"])):
            expected = np.array(expected)
            np.testing.assert_allclose(
                found[word].value[block], expected, rtol=0, atol=rtol * np.max(np.abs(expected)), err_msg=word
            )


def recursions() -> dict[str, list[dict[str, Any]]]:
    """Records by network: `rec.<activation>.sw<variance>.sb<variance>.L<depth>`."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in RECORDS:
        if record["id"].startswith("rec.") and record["id"].split(".")[1] in INSTALLED:
            found.setdefault(record["id"].rsplit(".", 2)[0], []).append(record)
    assert {net.split(".")[1] for net in found} >= {*INSTALLED} - {"exp"}
    return found


@pytest.mark.parametrize(("net", "records"), recursions().items(), ids=lambda value: value if isinstance(value, str) else "")
def test_kernels_of_deep_networks(net, records, compute):
    given = records[0]["inputs"]
    layers = mlp(net.split(".")[1], given["sigma_w2"], given["sigma_b2"], given["L"])
    points = [point for record in records for point in (record["inputs"]["x"], record["inputs"]["y"])]
    words = {record["id"].rsplit(".", 1)[1] for record in records}
    found = compute(spec(layers, points, tuple(sorted(words))))
    for k, record in enumerate(records):
        word = record["id"].rsplit(".", 1)[1]  # stated to 10 digits or more
        assert found[word].value[2 * k, 2 * k + 1] == pytest.approx(record["value"], rel=1e-9, abs=1e-11), record["id"]


@pytest.mark.parametrize("name", INSTALLED)
def test_one_layer_is_the_dual_of_its_activation(name, reference, compute):
    """With x.y/d = K the NNGP of one hidden layer is T(K) and its NTK T(K) + K12 T'(K)."""
    points = []
    for k in range(3):
        given = reference[f"dual.{name}.T.{k}"]["inputs"]
        matrix = [[given["K11"], given["K12"]], [given["K12"], given["K22"]]]
        points += (np.linalg.cholesky(np.array(matrix)) * math.sqrt(2)).tolist()  # d = 2
    found = compute(spec([{"weight": 1.0}, {"activation": name}, {"weight": 1.0}], points))
    for k in range(3):
        at = (2 * k, 2 * k + 1)
        value, prime = (reference[f"dual.{name}.{word}.{k}"]["value"] for word in ("T", "Tdot"))
        q12 = reference[f"dual.{name}.T.{k}"]["inputs"]["K12"]
        assert found["nngp"].value[at] == pytest.approx(value, rel=1e-10, abs=1e-12)
        assert found["ntk"].value[at] == pytest.approx(value + q12 * prime, rel=1e-10, abs=1e-12)


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
    normal = [{"weight": 1.5, "bias": 0.1}, {"activation": "erf"}, {"weight": 3.0}, {"activation": "relu"}, {"weight": 0.75}]
    uniform = [dict(layer) for layer in normal]
    uniform[2]["weight"], uniform[4]["weight"] = "Uniform(-3, 3)", "Uniform(-1.5, 1.5)"
    a, b = (compute(spec(layers, points, (word,)))[word].value for layers in (normal, uniform))
    np.testing.assert_allclose(a, b, rtol=1e-14)
