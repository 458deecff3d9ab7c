"""The connected four-point function of a cosine network, width 1000, at 16 points: exact, and with amplitudes integrated out.

    python benchmarks/four_points.py

`nnspec run` in a process of its own, with start-up; the second run of each finds its compiled programs. The exact result
is compared with the formula, entry by entry, and the other one with the exact result.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nnspec

WIDTH, POINTS, DRAWS = 1000, 16, 40_960
SPEC = f"""
nnspec: 1
name: four-points
let: {{{{N: {WIDTH}}}}}
data: {{{{pts: "linspace(0, 3, {POINTS})"}}}}
model:
  inputs: {{{{x: R}}}}
  indices: {{{{i: N}}}}
  params:
    a[i]: Normal(0, 1/N)
    w[i]: Normal(0, 1)
    b[i]: Uniform(-pi, pi)
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])
observables:
  G4: {{{{correlator: {{{{n: 4, connected: true, at: pts, method: {{method}}}}}}}}}}
"""


def formula() -> np.ndarray:
    """N G_c4 = 3/2 times three splits of e^{-(x_a + x_b - x_c - x_d)^2/2}, less three pairings of G_2."""
    x = np.linspace(0, 3, POINTS)
    a, b, c, d = np.meshgrid(x, x, x, x, indexing="ij")
    splits = sum(np.exp(-(s**2) / 2) for s in (a + b - c - d, a - b + c - d, a - b - c + d))
    g = np.exp(-((x[:, None] - x[None, :]) ** 2) / 2)
    pairs = np.einsum("ab,cd->abcd", g, g) + np.einsum("ac,bd->abcd", g, g) + np.einsum("ad,bc->abcd", g, g)
    return (1.5 * splits - pairs) / WIDTH


def main() -> None:
    """Print seconds and errors."""
    exact = formula()
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "NNSPEC_CACHE": f"{folder}/cache"}
        for method, options in (("exact", ""), ("rao_blackwell", f", draws: {DRAWS}")):
            path = Path(folder) / f"{method}.yaml"
            path.write_text(SPEC.format(method=method + options))
            for attempt in ("cold", "warm"):
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-m", "nnspec", "run", str(path), "--out", f"{folder}/{attempt}-{method}"],
                    check=True, capture_output=True, env=env,
                )  # fmt: skip
                seconds = time.perf_counter() - start
                (run,) = Path(f"{folder}/{attempt}-{method}").glob("four-points-*")
                found = nnspec.open_run(run)["G4"]
                off = np.max(np.abs(found.value - exact))
                error = "" if found.stderr is None else f", median error {np.median(found.stderr / np.abs(exact)):.1%}"
                largest = np.max(np.abs(exact))
                print(f"{method:14} {attempt}: {seconds:5.2f} s, largest difference {off:.1e} of {largest:.1e}{error}")


if __name__ == "__main__":
    main()
