"""The network of draw k is the same one whatever else is asked, on any number of devices, in blocks and shards of any size."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

from nnspec.lower.shards import Plan
from nnspec_std.backends import _sampling

COSINE = """
nnspec: 1
name: cosine
model:
  inputs: {x: R^2}
  indices: {i: 20}
  params:
    a[i]: Normal(0, 0.05)
    w[i] in R^2: Normal(0, 1)
    b[i]: Uniform(-pi, pi)
  field: phi(x)
  def: sum_i a[i]*cos(w[i].x + b[i])/sqrt(w[i].w[i] + 1)
observables:
"""
NETWORK = """
nnspec: 1
name: network
model:
  inputs: {x: R^2}
  parameterization: ntk
  layers:
    - dense: {width: 48, weight: "Normal(0, 2)", bias: "Normal(0, 0.1)"}
    - act: relu
    - dense: {width: 1, weight: "Normal(0, 1)"}
observables:
"""
ROWS = {
    "G2": "{correlator: {n: 2, at: [[0, 0], [0.5, -1], [2, 1]], draws: 1000}}",
    "G4c": "{correlator: {n: 4, connected: true, at: [[0, 0], [0.5, -1], [2, 1]], draws: 1000}}",
    "theta": "{ntk: {at: [[0, 0], [0.5, -1]], method: empirical, draws: 1000}}",
    "S": "{spectrum: {modes: 4, draws: 1000}}",
    "many": f"{{correlator: {{n: 2, at: {np.random.default_rng(0).normal(size=(40, 2)).round(3).tolist()}, draws: 1000}}}}",
}


def spec(model: str, *names: str, seed: int = 0) -> str:
    return model + "".join(f"  {name}: {ROWS[name]}\n" for name in names) + f"numerics: {{seed: {seed}}}\n"


def numbers(compute, text: str) -> dict[str, tuple[bytes, bytes]]:
    estimates = compute(text).outcome.estimates
    return {e.name: (np.asarray(e.value).tobytes(), np.asarray(e.stderr).tobytes()) for e in estimates}


@pytest.mark.parametrize("model", [COSINE, NETWORK], ids=["cosine", "network"])
def test_other_observables_change_nothing(model, compute):
    """Bit by bit, values and errors, in any order and company."""
    alone = {name: numbers(compute, spec(model, name))[name] for name in ROWS}
    for company in (("many", "G2"), tuple(ROWS), tuple(reversed(ROWS))):
        together = numbers(compute, spec(model, *company))
        assert {name for name in company if together[name] != alone[name]} == set()


def test_the_seed_changes_everything(compute):
    first, second = (compute(spec(COSINE, "G2", seed=seed)).outcome.estimates[0] for seed in (0, 1))
    assert not np.any(first.value == second.value)
    assert np.all(np.abs(first.value - second.value) < 10 * first.stderr)


@pytest.mark.parametrize("model", [COSINE, NETWORK], ids=["cosine", "network"])
def test_shards_and_blocks_do_not_change_the_networks(model, compute, monkeypatch):
    """Only the rounding of sums: 1e-4 of the error bar; other networks would differ by about one error bar."""
    usual = compute(spec(model, "G2")).outcome.estimates[0]
    monkeypatch.setattr(_sampling, "layout", lambda draws, parameters: Plan.equal(draws, 250, parameters))
    monkeypatch.setattr("nnspec.lower.shards.L2", 512)
    other = compute(spec(model, "G2")).outcome.estimates[0]
    assert other.diagnostics["blocks"] == 250
    assert np.all(np.abs(other.value - usual.value) < 1e-4 * usual.stderr)
    np.testing.assert_allclose(other.stderr, usual.stderr, rtol=0.5)


DEVICES = """
import sys
from pathlib import Path
from nnspec.numerics.lazy import jax
from nnspec.run import execute
from nnspec.stages import loads, run
execute.cores = lambda: int(sys.argv[1])
done = run(loads(Path(sys.argv[2]).read_text()).check(), Path(sys.argv[3]))
assert len(jax.devices()) == int(sys.argv[1])
for each in done.estimates:
    print(each.value.tobytes().hex(), each.stderr.tobytes().hex(), each.blocks.tobytes().hex())
"""


def test_one_and_two_devices_give_the_same_bytes(tmp_path):
    source = tmp_path / "spec.yaml"
    source.write_text(spec(NETWORK, "G2"))
    found = []
    for devices in (1, 2):
        command = [sys.executable, "-c", DEVICES, str(devices), str(source), str(tmp_path / str(devices))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found.append(done.stdout)
    assert len(found[0]) > 1000
    assert found[0] == found[1]


@pytest.mark.parametrize("draws", [32, 33, 100, 1003])
def test_draws_that_shards_do_not_divide(draws, compute):
    """phi = a with a ~ Normal(3, 1e-12): every draw counts once, so the mean is 3 to rounding whatever the shards."""
    estimate = compute(f"""
nnspec: 1
name: counted
model:
  inputs: {{x: R}}
  params: {{a: "Normal(3, 1e-12)"}}
  field: phi(x)
  def: a + 0*x
observables:
  average: {{correlator: {{n: 1, at: [0.0], draws: {draws}}}}}
""").outcome.estimates[0]
    assert estimate.value[0] == pytest.approx(3.0, abs=1e-5)
    assert estimate.draws == draws
    assert estimate.diagnostics["blocks"] >= 8


@pytest.mark.parametrize(("draws", "shards"), [(32, 8), (33, 8), (64, 16), (257, 64)])
def test_shards_of_a_short_pass_are_of_equal_size(draws, shards):
    """Ranges follow each other from 0 to the number of draws, sizes differ by one at most."""
    plan = Plan.of(draws, 1000)
    assert len(plan.shards) == shards
    assert (plan.shards[0][0], plan.shards[-1][1]) == (0, draws)
    assert all(one[1] == other[0] for one, other in itertools.pairwise(plan.shards))
    assert len({stop - start for start, stop in plan.shards}) <= 2


@pytest.mark.parametrize("draws", [20_000, 100_000, 1_000_003, 123_456_789])
def test_a_longer_pass_begins_with_the_shards_of_a_shorter_one(draws):
    """Their number grows with the logarithm of the draws, and they make 33 to 65 blocks of the jackknife of equal size."""
    plan, longer = Plan.of(draws, 1000), Plan.of(4 * draws, 1000)
    assert longer.labels[: len(plan.shards) - 1] == plan.labels[:-1]
    assert (plan.shards[0][0], plan.shards[-1][1]) == (0, draws)
    assert all(one[1] == other[0] for one, other in itertools.pairwise(plan.shards))
    assert len(plan.shards) <= 64 + 32 * math.log2(draws / 64)
    sizes = [sum(plan.shards[k][1] - plan.shards[k][0] for k in block) for block in plan.grains()]
    assert sum(sizes) == draws
    assert len(set(sizes[:-1])) == 1
    assert sizes[-1] <= sizes[0]
    assert 32 <= len(sizes) <= 65


def test_a_model_without_parameters_has_shards_too():
    assert Plan.of(1000, 0).shards[-1][1] == 1000
