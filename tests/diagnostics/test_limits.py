"""Files that are meant to hurt are refused quickly and in little memory; large honest ones are read in bounded time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnspec.stages import loads

MEMORY = 200 * 2**20
SECONDS = 5.0
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
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(limit=MEMORY), str(path)], capture_output=True, text=True, timeout=60,
        env={**os.environ, "NNSPEC_CACHE": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr[-2000:]
    assert "error[" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 100_000, "what is said about it can be read"
    assert time.perf_counter() - start < 10 * SECONDS


def test_a_thousand_parameters() -> None:
    """A spec of a thousand parameters, each with its constant, is checked in less than two seconds of this process."""
    many = range(1000)
    params = "\n".join(f"    a{k}: Normal(0, s{k})" for k in many)
    terms = " + ".join(f"a{k}*cos({k}*x)" for k in range(150))
    rest = "\n".join(f"    f{n}(x): " + " + ".join(f"a{k}*x" for k in range(n * 150, min(1000, n * 150 + 150))) for n in range(1, 7))
    text = f"""
nnspec: 1
name: many
let: {{{", ".join(f"s{k}: {k + 1}" for k in many)}}}
model:
  inputs: {{x: R}}
  params:
{params}
  def:
    phi(x): {terms}
{rest}
observables: {{G: {{correlator: {{n: 2, at: [0, 1], field: phi}}}}}}
"""
    start = time.process_time()
    checked = loads(text).check()
    assert len(checked.experiment.model.params) == 1000
    assert time.process_time() - start < 2
