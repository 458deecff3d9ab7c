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
    name, given = layer["activation"], {key: value for key, value in layer.items() if key != "activation"}
    match name:
        case "sin" | "cos" if given:
            phase = given["c"] + (math.pi / 2 if name == "cos" else 0.0)
            return f"{{wave: {{frequency: {given['b']!r}, phase: {phase!r}}}}}", 1.0, given["a"]
        case "abrelu":  # a min(u, 0) + b max(u, 0)
            return f"{{leaky_relu: {{slope: {given['a'] / given['b']!r}}}}}", 1.0, given["b"]
        case "gaussian":  # a exp(b u^2)
            return f"{{gaussian: {{kappa: {-given['b']!r}}}}}", 1.0, given["a"]
        case "exp" if given:
            return "exp", given["b"], given["a"]
        case "monomial" | "rectified_monomial" | "hermite":
            return f"{{{name}: {{degree: {given['degree']}}}}}", 1.0, 1.0
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
        before = _in_words(layers[k + 1])[1] if k + 1 < len(layers) else 1.0
        lines.append(
            dense(
                "1" if k + 1 == len(layers) else "64",
                layer["weight"] * (after * before) ** 2,
                (layer.get("bias") or 0.0) * before**2,
            )
        )
    return lines


def test_kernels_of_dense_networks(kernel_case: dict[str, Any], tmp_path: Path) -> None:
    """NNGP and NTK to 1e-10 of the largest entry, 1e-7 where points are almost parallel: arccos has an infinite slope there."""
    case = kernel_case
    jumps = any(layer.get("activation") == "sign" for layer in case["layers"])
    words = ("nngp",) if jumps else ("nngp", "ntk")
    found = kernels(stack(case["layers"]), [*case["x1"], *case["x2"]], words, tmp_path)
    n = len(case["x1"])
    rtol = 1e-7 if "parallel" in case["id"] else case["rtol"]
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
