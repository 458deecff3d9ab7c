"""Files that are meant to hurt are refused quickly and in little memory; large honest ones are read in bounded time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnspec.stages import loads

MEMORY = 200 * 2**20
SECONDS = 60  # the largest takes three; what explodes takes hours
SCRIPT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
from nnspec.cli import main
sys.exit(main(["check", sys.argv[1]]))
"""
BOMBS = {
    "nesting": lambda: b"a: " + b"[" * 300_000,
    "nesting of mappings": lambda: b"{a: " * 200_000,
    "aliases": lambda: b"a: &a [1]\n" + b"".join(b"b%d: &b%d [*a, *a, *a, *a, *a, *a, *a]\n" % (k, k) for k in range(2000)),
    "ten megabytes": lambda: b"doc: |\n" + b"  text text text\n" * 650_000,
    "a megabyte of keys": lambda: b"".join(b"key%d: 1\n" % k for k in range(70_000)),
    "binary": lambda: bytes(range(256)) * 4000,
    "nothing but zeros": lambda: bytes(900_000),
    "one endless formula": lambda: b"nnspec: 1\nname: a\nlet: {a: " + b"1+" * 400_000 + b"1}\n",
    "brackets in a formula": lambda: b"nnspec: 1\nname: a\nlet:\n  a: " + b"(" * 400_000 + b"\n",
    "powers of powers": lambda: b"nnspec: 1\nname: a\nlet: {a: " + b"9^" * 60 + b"9}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str, tmp_path: Path) -> None:
    """Within 200 MB of address space and a few seconds; the exit status says that the spec is wrong, not nnspec."""
    path = tmp_path / "bomb.yaml"
    path.write_bytes(BOMBS[name]())
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(limit=MEMORY), str(path)], capture_output=True, text=True, timeout=SECONDS,
        env={**os.environ, "NNSPEC_CACHE": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr[-2000:]
    assert "error[" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 100_000, "what is said about it can be read"


def many(size: int) -> str:
    """A spec of so many parameters, each with its constant, in functions of 150 terms."""
    params = "\n".join(f"    a{k}: Normal(0, s{k})" for k in range(size))
    sums = "\n".join(
        f"    f{start}(x): " + " + ".join(f"a{k}*cos({k}*x)" for k in range(start, min(size, start + 150)))
        for start in range(0, size, 150)
    )  # fmt: skip
    return f"""
nnspec: 1
name: many
let: {{{", ".join(f"s{k}: {k + 1}" for k in range(size))}}}
model:
  inputs: {{x: R}}
  params:
{params}
  def:
{sums}
observables: {{G: {{correlator: {{n: 2, at: [0, 1], field: f0}}}}}}
"""


def calls(size: int) -> int:
    """How many Python functions a check of such a spec calls."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    text = many(size)
    sys.setprofile(seen)
    try:
        checked = loads(text).check()
    finally:
        sys.setprofile(None)
    assert len(checked.experiment.model.params) == size
    return count


def test_a_thousand_parameters() -> None:
    """The work of a check grows with the size of the spec and no faster; `benchmarks/startup.py` takes its seconds."""
    calls(50)  # what is made once
    half, whole = calls(500), calls(1000)
    assert whole < 2.2 * half
