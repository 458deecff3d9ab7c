"""Dual activations: with x.y/d = K the NNGP of one hidden layer is T(K), and its NTK T(K) + K12 T'(K)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from families import NotComputable
from families.networks import activation, dense, kernels

FAMILIES = ("dual",)
TOLERANCE = 1e-10


def measure(record: dict[str, Any], folder: Path) -> list[float]:
    """One record by itself."""
    (found,) = measure_many([record], folder).values()
    if isinstance(found, NotComputable):
        raise found
    return found


def measure_many(records: list[dict[str, Any]], folder: Path) -> dict[str, list[float] | NotComputable]:
    """All records of an activation from one run, or two: some have no tangent kernel."""
    found: dict[str, list[float] | NotComputable] = {}
    nets: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in records:
        parts = record["id"].rsplit(".", 2)
        if "K11" not in record["inputs"]:
            found[record["id"]] = NotComputable("no observable gives the coefficients of an expansion")
        elif "cos_uniform_phase" in record["id"]:
            found[record["id"]] = NotComputable("a phase that is averaged over belongs to a formula, not to a layer")
        elif parts[1] == "Tdot" and record["inputs"]["K12"] == 0:
            found[record["id"]] = NotComputable("T' does not enter the NTK at K12 = 0")
        else:
            nets.setdefault((parts[0].removeprefix("dual."), parts[1]), []).append(record)
    for (name, which), wanted in nets.items():
        found |= _of_one(name, which, wanted, folder)
    return found


def _of_one(name: str, which: str, records: list[dict[str, Any]], folder: Path) -> dict[str, list[float]]:
    points: list[list[float]] = []
    for record in records:
        a, c, b = (record["inputs"][key] for key in ("K11", "K12", "K22"))
        points += (np.linalg.cholesky(np.array([[a, c], [c, b]])) * np.sqrt(2.0)).tolist()  # d = 2
    words = ("nngp",) if which == "T" else ("nngp", "ntk")
    value = kernels([dense("8", 1.0), f"{{act: {activation(name)}}}", dense("1", 1.0)], points, words, folder)
    found: dict[str, list[float]] = {}
    for k, record in enumerate(records):
        at = (2 * k, 2 * k + 1)
        number = value["nngp"][at]
        if which == "Tdot":
            number = (value["ntk"][at] - number) / record["inputs"]["K12"]
        found[record["id"]] = [float(number)]
    return found
