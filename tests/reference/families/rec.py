"""Kernels of deep networks by recursion: `rec.<activation>.sw<variance>.sb<variance>.L<depth>.<pair>.<kernel>`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from families.networks import activation, dense, kernels

FAMILIES = ("rec",)
TOLERANCE = 1e-10


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """One record by itself."""
    return measure_many([record], folder)[record["id"]]


def measure_many(records: list[dict[str, Any]], folder: Path) -> dict[str, list[float]]:
    """All records of a network from one run."""
    nets: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        nets.setdefault(record["id"].rsplit(".", 2)[0], []).append(record)
    found: dict[str, list[float]] = {}
    for net, wanted in nets.items():
        given = wanted[0]["inputs"]
        name = net.removeprefix("rec.").split(".sw")[0]
        weight, bias = float(given["sigma_w2"]), float(given["sigma_b2"])
        layers = [dense("64", weight, bias), f"{{act: {activation(name)}}}"] * given["L"] + [dense("1", weight, bias)]
        points = [point for record in wanted for point in (record["inputs"]["x"], record["inputs"]["y"])]
        words = sorted({record["id"].rsplit(".", 1)[1] for record in wanted})
        value = kernels(layers, points, words, folder)
        for k, record in enumerate(wanted):
            found[record["id"]] = [float(value[record["id"].rsplit(".", 1)[1]][2 * k, 2 * k + 1])]
    return found
