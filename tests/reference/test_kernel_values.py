"""Kernels of dense networks against an independent recursion: `kernels.json`, or another file with `--kernel-values`.

Two forms of a file are read: the list that is kept here, with arrays in it, and the one it was made from (`cases`, arrays
in an .npz file of the same name), of which the plain dense networks are taken.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from families.networks import activation, dense, kernels

Layer = dict[str, Any]


def read(path: Path) -> list[dict[str, Any]]:
    """The cases of a file: layers by variances, points, kernels."""
    content = json.loads(path.read_text())
    if isinstance(content, list):
        return content
    arrays = np.load(path.with_suffix(".npz"))
    return [_converted(case, arrays) for case in content["cases"] if case["kind"] == "kernel" and _plain(case)]


def _plain(case: dict[str, Any]) -> bool:
    """Dense layers in the NTK parameterization, and activations."""
    layers = case["spec"].get("layers", [{"type": "none"}])
    return all(layer["type"] in ("dense", "act") and layer.get("parameterization", "ntk") == "ntk" for layer in layers)


def _converted(case: dict[str, Any], arrays: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"id": case["id"], "layers": [_layer(layer) for layer in case["spec"]["layers"]]}
    found["rtol"] = 1e-10
    for name, key in (*case["inputs"].items(), *case["outputs"].items()):
        if name in ("x1", "x2") or name.endswith("_indep"):
            found[name.removesuffix("_indep")] = arrays[key].tolist()
    return found


def _layer(layer: dict[str, Any]) -> Layer:
    if layer["type"] == "dense":
        return {"weight": layer["W_std"] ** 2, "bias": (layer.get("b_std") or 0.0) ** 2}
    return {"activation": layer["name"], **layer.get("params", {})}


def _in_words(layer: Layer) -> tuple[str, float, float]:
    """An activation in the words of a spec, and the factors of its input and of its output."""
    name, given = layer["activation"], {key: value for key, value in layer.items() if key not in ("activation", "deg")}
    a, b = given.get("a", 1.0), given.get("b", 1.0)
    match name:
        case "sin" | "cos" if given:  # a sin(b u + c)
            phase = given.get("c", 0.0) + (math.pi / 2 if name == "cos" else 0.0)
            return f"{{wave: {{frequency: {b!r}, phase: {phase!r}}}}}", 1.0, a
        case "abrelu":  # a min(u, 0) + b max(u, 0)
            return (f"{{leaky_relu: {{slope: {a / b!r}}}}}", 1.0, b) if b else ("relu", 1.0, a)
        case "leaky_relu" if given:
            return f"{{leaky_relu: {{slope: {given.get('alpha', given.get('slope'))!r}}}}}", 1.0, 1.0
        case "gaussian":  # a exp(b u^2)
            return f"{{gaussian: {{kappa: {-given.get('b', -1.0)!r}}}}}", 1.0, a
        case "exp" | "erf" if given and not given.get("c"):
            return name, b, a
        case "polynomial":
            return f"{{polynomial: {{coefficients: {given.get('coefficients', given.get('coef'))}}}}}", 1.0, 1.0
        case _ if given:
            return f"{{{name}: {{{', '.join(f'{key}: {value!r}' for key, value in given.items())}}}}}", 1.0, 1.0
        case _:
            return activation(name), 1.0, 1.0


def stack(layers: list[Layer]) -> list[str]:
    """Layers as lines of a spec; factors around an activation go into the weights next to it."""
    lines: list[str] = []
    after = 1.0
    for k, layer in enumerate(layers):
        if "activation" in layer:
            word, _, after = _in_words(layer)
            lines.append(f"{{act: {word}}}")
            continue
        following = layers[k + 1] if k + 1 < len(layers) else {}
        before = _in_words(following)[1] if "activation" in following else 1.0
        lines.append(
            dense(
                "1" if k + 1 == len(layers) else "64",
                layer["weight"] * (after * before) ** 2,
                (layer.get("bias") or 0.0) * before**2,
            )
        )
        after = 1.0
    return lines


def almost_parallel(points: list[list[float]]) -> bool:
    """Whether lines through two of the points and the origin are closer than rounding can tell well."""
    x = np.array(points)
    x = x / np.linalg.norm(x, axis=1)[:, None]
    correlation = np.abs(x @ x.T)
    return bool(np.any(correlation[~np.eye(len(x), dtype=bool)] > 1 - 1e-6))


def test_kernels_of_dense_networks(kernel_case: dict[str, Any], tmp_path: Path) -> None:
    """NNGP and NTK to 1e-10 of the largest entry, 1e-7 where points are almost parallel: arccos has an infinite slope there."""
    case = kernel_case
    jumps = any(layer.get("activation") in ("sign", "heaviside") for layer in case["layers"])
    words = ("nngp",) if jumps else ("nngp", "ntk")
    found = kernels(stack(case["layers"]), [*case["x1"], *case["x2"]], words, tmp_path)
    n = len(case["x1"])
    rtol = 1e-7 if almost_parallel(case["x1"] + case["x2"]) else case.get("rtol", 1e-10)
    compared = 0
    for word in words:
        for block, key in ((np.s_[:n, :n], f"{word}_11"), (np.s_[:n, n:], f"{word}_12")):
            if key not in case:
                continue
            want = np.array(case[key])
            np.testing.assert_allclose(found[word][block], want, rtol=0, atol=rtol * np.max(np.abs(want)), err_msg=key)
            compared += 1
    assert compared


def test_a_wrong_kernel_is_caught(tmp_path: Path) -> None:
    case = json.loads((Path(__file__).parent / "kernels.json").read_text())[0]
    case["nngp_11"][0][1] *= 1 + 1e-8
    with pytest.raises(AssertionError, match="nngp_11"):
        test_kernels_of_dense_networks(case, tmp_path)
