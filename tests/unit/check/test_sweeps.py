"""Sweeps: paths, values, points that are wrong by themselves, claims over the whole."""

from __future__ import annotations

import pytest

from nnspec.ir.digest import digest
from nnspec.stages import SpecError, loads

SPEC = """
nnspec: 1
name: swept
let: {{N: 10, s: 1, c: 2}}
data: {{xs: [[0.0], [1.0]]}}
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    a[i]: Normal(0, s/N)
    w[i]: Normal(0, c)
  field: phi(x)
  def: sum_i a[i]*cos(w[i]*x)
observables:
  G: {{correlator: {{n: 2, at: xs, draws: 640}}}}
checks: [max(abs(G)) < 5]
sweep:
  {sweep}
"""


def sweep(text: str):
    return loads(SPEC.format(sweep=text)).check().experiment.sweep


def faults(text: str):
    with pytest.raises(SpecError) as caught:
        sweep(text)
    return caught.value.diagnostics


def test_a_grid_and_what_changes_together():
    found = sweep("grid: {let.N: [10, 20, 40], let.s: [1, 2]}\n  seeds: 2\n  workers: 3")
    assert [(axis.path, axis.values) for axis in found.axes] == [("let.N", ("10", "20", "40")), ("let.s", ("1", "2"))]
    assert (found.size, found.seeds, found.workers) == (12, 2, 3)
    assert sweep("zip: {let.N: [10, 20], let.s: [1, 2]}").size == 2
    assert sweep("grid: {let.c: [1, 2, 3]}\n  zip: {let.N: [10, 20], let.s: [1, 2]}").size == 6


def test_values_that_are_right_together_only():
    text = "zip: {let.s: [1, 4], model.params: [{'a[i]': 'Normal(0, 2 - s)', 'w[i]': 'Normal(0, c)'}, {'a[i]': 'Normal(0, s - 2)', 'w[i]': 'Normal(0, c)'}]}"
    assert sweep(text).size == 2
    (fault,) = faults(text.replace("[1, 4]", "[1, 2]"))
    assert fault.code == "NN403"
    assert "`let.s` is 2 and `model.params` is" in fault.notes[-1]


def test_values_of_a_generator():
    found = sweep('grid: {let.c: "linspace(1, 3, 5)"}')
    assert (found.axes[0].count, found.size) == (5, 5)


def test_any_path_that_says_what_to_compute():
    text = 'grid: {model.def: ["sum_i a[i]", "sum_i a[i]*w[i]*x"], observables.G.correlator.n: [2, 4], sampler: [{iid: {}}], numerics.seed: [1, 2]}'
    assert sweep(text).size == 8


CHECKS = {
    "a slope over what is swept": "abs(slope(log(N), log(max(abs(G)))) + 1) < 9",
    "where": 'slope(s, max(G), where="20") < 9',
    "spread and argmin": 'spread(argmin(max(G), over="let.s", by="let.N")) <= 2',
    "entries": 'spread(G[1, 2]) < 9',
    "all of it": "max(max(G)) < 9",
    "the mean over one axis": 'max(mean(max(G), "let.N")) < 9',
    "constants that are not swept": "max(max(G)) < c",
}


@pytest.mark.parametrize("name", CHECKS)
def test_claims_over_the_whole_sweep(name):
    found = sweep(f"grid: {{let.N: [10, 20, 40], let.s: [1, 2]}}\n  checks:\n    - '{CHECKS[name]}'")
    assert len(found.checks) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("grid: {let.M: [1, 2]}", "NN801"), ("grid: {let.N: 3}", "NN805"), ("grid: {let.N: []}", "NN015"),
        ("grid: {name: [a, b]}", "NN803"), ("grid: {checks: [[a]]}", "NN803"), ("grid: {plots.p.lines.logx: [true]}", "NN803"),
        ("zip: {let.N: [10, 20], let.s: [1, 2, 3]}", "NN804"), ("seeds: 2", "NN805"),
        ("grid: {let.N: [10, 20]}\n  seeds: 100000", "NN806"), ("grid: {let.N: [10, 20]}\n  sedes: 2", "NN011"),
        ("grid: {let.N: [10, 0.5]}", "NN315"), ("grid: {let.s: [1, -1]}", "NN403"), ("grid: {let.s: [1, yes]}", "NN201"),
        ("grid: {let.N: [10, 20]}\n  checks: [max(abs(G)) < 5]", "NN713"),
        ("grid: {let.N: [10, 20]}\n  checks: ['slope(log(N)) < 5']", "NN312"),
        ("grid: {let.N: [10, 20]}\n  checks: ['argmin(max(G), over=\"let.s\") < 5']", "NN807"),
        ("grid: {let.N: [10, 20]}\n  checks: ['slope(N, max(G), where=\"30\") < 5']", "NN807"),
        ("grid: {let: [{N: 1, s: 1, c: 1}], let.N: [2, 3]}", "NN805"), ("grid: {let..N: [10, 20]}", "NN801"), ("grid: [let.N]", "NN014"), ("zip: {let.N: {a: 1}}", "NN014"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_sweep(text, code):
    assert [each.code for each in faults(text)] == [code]


def test_a_wrong_point_says_where_it_is_wrong():
    (fault,) = faults("grid: {let.N: [10, 20], let.s: [1, -1]}")
    assert "in the sweep, where `let.s` is -1" in fault.notes


def test_the_digest_counts_values_and_claims_and_not_how_it_is_run():
    def name(text: str) -> str:
        return digest(loads(SPEC.format(sweep=text)).check().experiment)

    base = name("grid: {let.N: [10, 20], let.s: [1, 2]}")
    assert name("grid: {let.s: [1, 2], let.N: [10, 20]}") == base  # dimensions are in the order of the alphabet
    assert name("grid: {let.N: [10, 20], let.s: [1, 2]}\n  workers: 4") == base
    others = [
        name("grid: {let.N: [10, 30], let.s: [1, 2]}"), name("grid: {let.N: [10, 20], let.s: [1, 2]}\n  seeds: 2"),
        name("zip: {let.N: [10, 20], let.s: [1, 2]}"), name("grid: {let.N: [10, 20], let.s: [1, 2]}\n  checks: [max(max(G)) < 9]"),
    ]  # fmt: skip
    assert len({base, *others}) == 5
