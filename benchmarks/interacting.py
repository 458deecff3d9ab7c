"""Chains through the anharmonic oscillator: configurations per second, and how exact the propagator is after how long.

`python benchmarks/interacting.py [--draws 4000]` runs `specs/anharmonic-oscillator.yaml` at lambda = 6 and 24 and prints
the error of <x^2> and of G(2) relative to exact diagonalisation, in parts and in standard errors.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import nnspec

SPEC = Path(__file__).parents[1] / "specs" / "anharmonic-oscillator.yaml"
EXACT = {
    6: [0.3548402511728537, 0.24956926969716023, 0.1755983428531075, 0.08696602201336655, 0.021337068635814166],
    24: [0.2571498214428099, 0.1583319202754929, 0.09758979422103137, 0.03709851598644453, 0.005362576739643087],
}
"""G at 0, 0.25, 0.5, 1 and 2, by exact diagonalisation."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=4000)
    draws = parser.parse_args().draws
    print(f"{'lambda':>7} {'seconds':>8} {'draws':>9} {'draws/s':>9}   G(0): off, error    G(2): off, error    worst z")
    for coupling, exact in EXACT.items():
        spec = nnspec.load(SPEC).set("let.lambda", coupling).set("sampler.hmc.draws", draws)
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            run = spec.run(folder)
        seconds = time.perf_counter() - start
        value, error = run["G"].value + run["T"].value, run["G"].stderr
        z = max(abs(value - exact) / error)
        first = f"{value[0] / exact[0] - 1:+.3%} {error[0] / exact[0]:.3%}"
        last = f"{value[-1] / exact[-1] - 1:+.2%} {error[-1] / exact[-1]:.2%}"
        number = run["G"].draws
        print(f"{coupling:7} {seconds:8.1f} {number:9,} {number / seconds:9,.0f}   {first:>18}  {last:>18}  {z:9.2f}")


if __name__ == "__main__":
    main()
