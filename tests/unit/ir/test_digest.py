"""The name of a meaning: the same for every way to write it down, another one for every change of it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from nnspec.check.experiment import check
from nnspec.ir.digest import canonical, digest
from nnspec.ir.experiment import Experiment
from nnspec.stages import loads

SPECS = Path(__file__).parents[3] / "specs"
TEXTS = {path.stem: path.read_text() for path in sorted(SPECS.glob("*.yaml"))}
TEXTS["two-indices"] = """
nnspec: 1
name: two
let: {n: 3, m: 2, c: 0.5}
data: {xs: [[0, 1], [2, 3]], r: "linspace(0, 1, 4)"}
model:
  inputs: {x: R^2}
  indices: {i: n, j: m}
  params:
    a[i]: Normal(0, c)
    W[i, j]: Normal(0, 1)
    v in R^2: Uniform(Ball(2, c))
  field: phi(x)
  def: sum_{i,j} a[i]*W[i,j]*f(v.x) + mean_i (a[i] if a[i] > 0 else i)
functions:
  f(u): cos(u)^2
  F(x): integral(k.x, k in Ball(2, 1))
observables:
  G: {correlator: {n: 2, at: xs, draws: 64}}
  H: {evaluate: {of: F, at: xs}}
checks: [max(G) < 1 and not min(H) > 2]
"""
TEXTS["everything"] = """
nnspec: 1
name: everything
let: {N: 3, c: 0.5}
functions:
  well(u): exp(-u^4)
  Q(x, y): E[phi(x)*phi(y)] + cumulant(phi(x), phi(y), psi(x))
data: {xs: [[0.0], [1.0]], t: "table(linspace(-1, 1, 5), y=sin(3*x[1]))", round: "table(circle(2, 5), y=sin(3*angle))", pts: "normal(1, 4, seed=1)", box: "sample(Ball(2, 1), 4, seed=1)"}
model:
  inputs: {x: R}
  indices: {i: N, k: 2}
  params:
    s: Gamma(2, 1)
    "(a[i], b[i])": MvNormal([0, 0], [[1, c], [c, 1]])
    w[i] in R^2: truncate(0.3*Normal(0, s) + 0.7*Normal(1, 2), Interval(-4, 4))
    v[i]: Normal(0, 1)*exp(-v[i]^4)
    u[k]: Density(well(q), q in Interval(-2, 2))
    z: Normal(0, 1)*well
    y2 in R^3: Normal(0, 1)^3
  def:
    phi(x): sum_i a[i]*cos(w[i][1]*x + b[i])*v[i] + z*y2[1]
    "chi[k](x)": u[k]*d(phi(x), x) + phi(2*x)
    psi(x): sum_k chi[k](x)
  deform: exp(-c*integral(phi^4, y in Interval(-1, 1)))
sampler: {hmc: {chains: 2}}
numerics: {seed: 3, integral: {gauss_legendre: {order: 8}}}
observables:
  G: {correlator: {n: 2, at: xs, draws: 64, field: psi, density: undeformed}}
  H: {evaluate: {of: Q, at: xs}}
  fit: {train: {data: t, loss: mse, optimizer: {sgd: {lr: 0.1}}, steps: 4, record: {at: pts, every: 2}}}
  K: {ntk: {at: xs, along: fit, field: phi}}
checks: ['G[1, 2] < 1 and agree(G, G)', 'max(mean(fit.predictions, "draw")) < relative_change(K)']
sweep:
  grid: {let.c: [0.5, 0.9]}
  checks: ['slope(c, max(G), where="0.9") < 1']
"""


def experiment(text: str) -> Experiment:
    """The meaning of a spec, whether or not there is a way to compute it."""
    spec = loads(text)
    found = check(spec.tree, spec.words).experiment
    assert found is not None
    return found


# ---------------------------------------------------------------- what must not matter
REWRITES = {
    "comments": ("name: two", "name: two   # a comment\n# another"),
    "docs": ("name: two", "name: two\ndoc: something else"),
    "order of constants": ("let: {n: 3, m: 2, c: 0.5}", "let: {c: 0.5, m: 2, n: 3}"),
    "order of data": ('data: {xs: [[0, 1], [2, 3]], r: "linspace(0, 1, 4)"}', 'data: {r: "linspace(0, 1, 4)", xs: [[0, 1], [2, 3]]}'),
    "block style of data": ("data: {xs: [[0, 1], [2, 3]]", "data: {xs: [ [0,1],\n  [2,  3]]"),
    "order of indices": ("indices: {i: n, j: m}", "indices: {j: m, i: n}"),
    "order of parameters": (
        "    a[i]: Normal(0, c)\n    W[i, j]: Normal(0, 1)\n    v in R^2: Uniform(Ball(2, c))",
        "    v in R^2: Uniform(Ball(2, c))\n    W[i, j]: Normal(0, 1)\n    a[i]: Normal(0, c)",
    ),
    "spaces in formulas": ("a[i]*W[i,j]*f(v.x)", "a[i] * W[i, j]   * f( v . x )"),
    "needless parentheses": ("a[i]*W[i,j]*f(v.x)", "(a[i]*W[i,j])*(f(v.x))"),
    "folded formula": ("def: sum_{i,j} a[i]*W[i,j]*f(v.x) +", "def: >-\n    sum_{i,j} a[i]*W[i,j]*f(v.x)\n    +"),
    "order of functions": ("  f(u): cos(u)^2\n  F(x): integral(k.x, k in Ball(2, 1))", "  F(x): integral(k.x, k in Ball(2, 1))\n  f(u): cos(u)^2"),
    "order of options": ("{n: 2, at: xs, draws: 64}", "{draws: 64, at: xs, n: 2}"),
    "order of observables": (
        "  G: {correlator: {n: 2, at: xs, draws: 64}}\n  H: {evaluate: {of: F, at: xs}}",
        "  H: {evaluate: {of: F, at: xs}}\n  G: {correlator: {n: 2, at: xs, draws: 64}}",
    ),
    "defaults written out": ("draws: 64}", "draws: 64, connected: false}"),
    "spaces in checks": ("max(G) < 1 and", "max( G )<1  and"),
    "plots": ("checks:", "plots: {p: {lines: {x: point, y: [H]}}}\nchecks:"),
    "explicit seed": ("checks:", "numerics: {seed: 0}\nchecks:"),
    "sampler": ("checks:", "sampler: {iid: {}}\nchecks:"),
}  # fmt: skip


@pytest.mark.parametrize("name", REWRITES)
def test_the_way_of_writing_does_not_matter(name):
    old, new = REWRITES[name]
    text = TEXTS["two-indices"]
    assert text.count(old) == 1
    assert canonical(experiment(text.replace(old, new))) == canonical(experiment(text))


@pytest.mark.parametrize("names", [("p", "q"), ("j", "i"), ("b", "a2")])
def test_the_names_of_indices_do_not_matter(names):
    """Also when they are exchanged, and declared in another order."""
    first, second = names
    text = (
        TEXTS["two-indices"]
        .replace("{i: n, j: m}", f"{{{second}: m, {first}: n}}")
        .replace("a[i]", f"a[{first}]").replace("W[i, j]", f"W[{first}, {second}]").replace("W[i,j]", f"W[{first},{second}]")
        .replace("sum_{i,j}", f"sum_{{{first},{second}}}").replace("mean_i", f"mean_{first}").replace("else i", f"else {first}")
    )  # fmt: skip
    assert canonical(experiment(text)) == canonical(experiment(TEXTS["two-indices"]))


def test_keys_of_the_spec_in_any_order():
    text = TEXTS["two-indices"].strip()
    parts: list[str] = []
    for line in text.splitlines():
        if line.startswith(" "):
            parts[-1] += "\n" + line
        else:
            parts.append(line)
    expected = digest(experiment(text))
    for seed in range(5):
        random.Random(seed).shuffle(parts)
        assert digest(experiment("\n".join(parts))) == expected


def test_hash_seeds_do_not_matter():
    """Sets of strings are iterated in another order in every process."""
    script = "import sys; from nnspec.stages import loads; from nnspec.ir.digest import digest\n" \
             "print(digest(loads(sys.stdin.read()).check().experiment))"  # fmt: skip
    found = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script], input=TEXTS["two-indices"], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
        found.add(done.stdout.strip())
    assert found == {digest(experiment(TEXTS["two-indices"]))}


# ---------------------------------------------------------------- what must matter
def mutants(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The node with one field of one part of it changed, for every field that carries meaning."""
    if isinstance(node, tuple):
        for k, item in enumerate(node):
            for where, changed in mutants(item, f"{path}[{k}]"):
                yield where, (*node[:k], changed, *node[k + 1 :])
        if node:
            yield f"{path}[-1]", node[:-1]
    elif isinstance(node, bool):
        yield path, not node
    elif isinstance(node, int):
        yield path, node + 1
    elif isinstance(node, float):
        yield path, node * (1 + 2**-50) if node else 1e-300
    elif isinstance(node, str):
        yield path, node + "_"
    elif node is None:
        yield path, 0
    elif is_dataclass(node):
        for item in fields(node):
            if item.compare:
                for where, changed in mutants(getattr(node, item.name), f"{path}.{item.name}"):
                    yield where, replace(node, **{item.name: changed})
    else:
        raise AssertionError(type(node))


NAMES_OF_BOUND_VARIABLES = {
    "of an integral": ("integral(phi^4, y in Interval(-1, 1))", "integral(phi^4, r in Interval(-1, 1))"),
    "of a density": ("Density(well(q), q in Interval(-2, 2))", "Density(well(r), r in Interval(-2, 2))"),
    "of a function": ("well(u): exp(-u^4)", "well(r): exp(-r^4)"),
    "of a function of points": ("Q(x, y): E[phi(x)*phi(y)] + cumulant(phi(x), phi(y), psi(x))",
                                "Q(r, y): E[phi(r)*phi(y)] + cumulant(phi(r), phi(y), psi(r))"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES_OF_BOUND_VARIABLES)
def test_the_names_of_bound_variables_do_not_matter(name):
    text = TEXTS["everything"]
    old, new = NAMES_OF_BOUND_VARIABLES[name]
    assert old in text
    assert digest(experiment(text.replace(old, new))) == digest(experiment(text))


@pytest.mark.parametrize("name", ["cosnet-free-scalar", "relu-mlp-kernels", "two-indices", "everything", "mup-transfer"])
def test_every_field_of_every_node_matters(name):
    """One field at a time, floats by a few units in the last place: no two experiments have the same name."""
    node = experiment(TEXTS[name])
    names = {digest(node): "the spec itself"}
    count = 0
    for where, changed in mutants(node):
        if harmless(where, node, changed):
            continue
        found = digest(changed)
        assert found not in names, f"{where} has the name of {names[found]}"
        names[found] = where
        count += 1
    assert count > 150


def harmless(where: str, node: Experiment, changed: Experiment) -> bool:
    """One index called otherwise everywhere it stands, here where it stands only once; a bound variable that is not used."""
    if where == ".data[2].target.names[0]":
        return True
    return where.endswith(".name") and ".indices[" in where and all(
        index.name not in repr((node.model.field, node.model.params)) for index in (set(node.model.indices) - set(changed.model.indices))
    )  # fmt: skip


CHANGES = {
    "a constant": ("c: 0.5", "c: 0.25"),
    "a size": ("n: 3", "n: 4"),
    "a density": ("a[i]: Normal(0, c)", "a[i]: Normal(c, c)"),
    "a word": ("Normal(0, 1)", "Uniform(0, 1)"),
    "indices exchanged": ("W[i, j]: Normal(0, 1)", "W[j, i]: Normal(0, 1)"),
    "a sum": ("mean_i", "sum_i"),
    "a function": ("cos(u)^2", "cos(u)^3"),
    "points": ("[2, 3]]", "[2, 4]]"),
    "draws": ("draws: 64", "draws: 65"),
    "what is asked": ("n: 2, at", "n: 3, at"),
    "a check": ("max(G) < 1", "max(G) <= 1"),
    "a seed": ("checks:", "numerics: {seed: 1}\nchecks:"),
    "a name": ("name: two", "name: other"),
    "an observable's name": ("  H: ", "  H2: "),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_meant_matters(name):
    old, new = CHANGES[name]
    text = TEXTS["two-indices"].replace(old, new, 1)
    if name == "indices exchanged":
        text = text.replace("W[i,j]", "W[j,i]")
    if name == "an observable's name":
        text = text.replace("min(H)", "min(H2)")
    assert digest(experiment(text)) != digest(experiment(TEXTS["two-indices"]))
