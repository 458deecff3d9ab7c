"""Constants that feed no size are arguments of programs: another value compiles nothing. Sizes are plain numbers."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from nnspec.lower.field import environment, traced_constants
from nnspec.numerics.lazy import jnp
from nnspec.run.run import run
from nnspec.stages import loads

SPEC = """
nnspec: 1
name: traced
let: {{d: 2, N: {N}, s2: {s2}, m: 1.5, half: N/2}}
data: {{xs: [[0.0, 0.0], [0.5, 1.0]]}}
model:
  inputs: {{x: R^d}}
  indices: {{i: N}}
  params:
    a[i]: Normal(0, s2/N)
    w[i] in R^d: Uniform(Ball(d, m))
  field: phi(x)
  def: sum_i a[i]*cos(w[i].x/m)/sqrt(half)
observables:
  G2: {{correlator: {{n: 2, at: xs, draws: 64}}}}
"""

SCRIPT = """
import sys
from pathlib import Path
from nnspec.run import execute
from nnspec.run.run import run
from nnspec.stages import loads
cache = Path(sys.argv[1])
execute.prepare(str(cache))
for text in Path(sys.argv[2]).read_text().split("---"):
    checked = loads(text).check()
    run(checked.plan, checked.spec.words, lambda _: None, command_line=(), memory=1e9)
    print(sum(file.name.endswith("-cache") for file in cache.rglob("*")))
"""


def test_sizes_are_plain_and_the_rest_is_traced():
    checked = loads(SPEC.format(N=4, s2=1)).check()
    experiment = checked.experiment
    traced = traced_constants(experiment)
    assert {constant.name for constant in experiment.constants if constant.static} == {"d", "N"}
    assert set(traced) == {"s2", "m", "half"}
    assert all(isinstance(value, float) for value in traced.values())
    env = environment(experiment, checked.spec.words, {name: jnp.float64(value) for name, value in traced.items()}, jnp.float32)
    assert {name: env.constants[name] for name in ("d", "N")} == {"d": 2, "N": 4}
    assert all(type(env.constants[name]) is int for name in ("d", "N"))
    assert all(hasattr(env.constants[name], "dtype") for name in ("s2", "m", "half"))


def test_another_value_compiles_nothing(tmp_path):
    """Counted in the folder of compiled programs: a second value adds none, a second size does."""
    specs = [SPEC.format(N=4, s2=1), SPEC.format(N=4, s2=7), SPEC.format(N=4, s2=0.3), SPEC.format(N=5, s2=1)]
    (tmp_path / "specs").write_text("---".join(specs))
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "cache"), str(tmp_path / "specs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second, third, other = map(int, done.stdout.split())
    assert first > 0
    assert (second, third) == (first, first)
    assert other > first


def test_a_traced_value_is_not_baked_in():
    """The same draws with a variance 9 times larger are 3 times larger."""

    def result(s2: float) -> np.ndarray:
        checked = loads(SPEC.format(N=4, s2=s2)).check()
        return run(checked.plan, checked.spec.words, lambda _: None, command_line=(), memory=1e9).outcome.estimates[0].value

    np.testing.assert_allclose(result(9), 9 * result(1), rtol=1e-5)
