"""What a command costs before anything is computed, and what the first run of the README costs.

    python benchmarks/startup.py [REPEATS]

Every command runs in a process of its own, ten times (or REPEATS); the median of wall and CPU seconds stands beside the
budget. Byte code is kept, as it is after an installation. Then the README's first `nnspec run`: cold (nothing compiled
is kept, no run folder) and warm (`--force`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
FIRST = ROOT / "specs" / "cosnet-free-scalar.yaml"
NNSPEC = str(Path(sys.executable).with_name("nnspec"))
HELP, CHECK, THOUSAND = 100, 400, 2000
MANY = """nnspec: 1
name: a-thousand-parameters
model:
  inputs: {{x: R}}
  params:
{params}
  def:
{sums}
observables: {{G: {{correlator: {{n: 2, at: [0, 1], field: f0}}}}}}
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of one process."""

    wall: float
    cpu: float


def cost(*words: str, cache: str) -> Cost:
    """Run a command and take its times; it must end well."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env["NNSPEC_CACHE"] = cache
    before, start = os.times(), time.perf_counter()
    done = subprocess.run([NNSPEC, *words], capture_output=True, text=True, env=env, check=False)
    wall, after = time.perf_counter() - start, os.times()
    assert done.returncode == 0, f"nnspec {' '.join(words)}: {done.stderr}"
    return Cost(wall, after.children_user + after.children_system - before.children_user - before.children_system)


def thousand() -> str:
    """A spec of a thousand parameters, in functions of a hundred terms."""
    params = "\n".join(f"    a{k}: Normal(0, {k + 1})" for k in range(1000))
    sums = "\n".join(
        f"    f{n}(x): " + " + ".join(f"a{k}*cos({k}*x)" for k in range(100 * n, 100 * n + 100)) for n in range(10)
    )
    return MANY.format(params=params, sums=sums)


def start_up(repeats: int, cache: str) -> None:
    """The table of commands that compute nothing."""
    many = Path(cache).with_name("a-thousand-parameters.yaml")
    many.write_text(thousand())
    commands = [("--help",), *(("check", str(spec)) for spec in (*SPECS, many)), ("plugins",)]
    print(f"{'milliseconds, median of ' + str(repeats):44} {'wall':>6} {'CPU':>6} {'best CPU':>9} {'budget CPU':>11}")
    for words in commands:
        cost(*words, cache=cache)  # files are in memory, byte code is written
        taken = [cost(*words, cache=cache) for _ in range(repeats)]
        wall, cpu = (1e3 * median(getattr(each, what) for each in taken) for what in ("wall", "cpu"))
        budget = HELP if words == ("--help",) else THOUSAND if words[-1] == str(many) else CHECK
        shown = "nnspec " + " ".join([words[0], *(Path(word).name for word in words[1:])])
        verdict = "" if cpu <= budget else "  over"
        print(f"{shown:44} {wall:6.0f} {cpu:6.0f} {1e3 * min(each.cpu for each in taken):9.0f} {budget:11}{verdict}")


def first_run(folder: Path) -> None:
    """The table of the README's first run."""
    print(f"\n{'seconds of nnspec run ' + FIRST.name:44} {'wall':>6} {'CPU':>6}")
    words = ("run", str(FIRST), "--out", str(folder / "runs"))
    for name, more in (("cold: nothing compiled, no run folder", ()), ("warm: compiled before, --force", ("--force",)),
                       ("again: the run folder is there", ())):  # fmt: skip
        taken = cost(*words, *more, cache=str(folder / "fresh"))
        print(f"{name:44} {taken.wall:6.1f} {taken.cpu:6.1f}")


def main() -> int:
    """Both tables."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"load {os.getloadavg()[0]:.1f} on {cores} cores, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        start_up(repeats, str(Path(folder) / "cache"))
        first_run(Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
