"""Formulas as arrays against a slow evaluation that knows nothing of arrays: explicit loops over indices, one number at a time.

Random well-typed formulas over two indices of different sizes, parameters with one and two indices, vectors, functions
inside functions, choices and integrals are checked in float64, with and without hoisting.
"""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnspec.ir import expr as ir
from nnspec.lower.expressions import Env, lower
from nnspec.lower.field import environment, field, prior, traced_constants
from nnspec.lower.hoist import hoist
from nnspec.numerics import streams
from nnspec.numerics.lazy import jnp
from nnspec.numerics.quadrature import ball, gauss_legendre
from nnspec.stages import loads

ORDER = 5


# ---------------------------------------------------------------- the slow evaluation
class Slow:
    """The value of an expression for one choice of all free indices; vectors are tuples of numbers."""

    def __init__(self, experiment: Any, theta: dict[str, Any], point: tuple[float, ...]) -> None:
        self.constants = experiment.values
        self.sizes = {index.name: index.size for index in experiment.model.indices}
        self.theta = theta
        self.point = point

    def value(self, node: ir.Expr, at: dict[str, int], local: dict[str, Any]) -> Any:
        go = lambda part: self.value(part, at, local)  # noqa: E731
        match node:
            case ir.Lit(value=value):
                return value
            case ir.Const(name=name):
                return self.constants[name]
            case ir.Local(name=name):
                return local[name]
            case ir.Input():
                return self.point if node.type.kind == "vec" else self.point[0]
            case ir.IndexVar(name=name):
                return float(at[name] + 1)
            case ir.Param(name=name, indices=indices):
                entry = self.theta[name][tuple(at[index] for index in indices)]
                return tuple(map(float, entry)) if node.type.kind == "vec" else float(entry)
            case ir.Neg(arg=arg):
                found = go(arg)
                return tuple(-each for each in found) if isinstance(found, tuple) else -found
            case ir.Bin(op=op, left=left, right=right):
                return self.arithmetic(op, go(left), go(right))
            case ir.Factorial(arg=arg):
                return math.factorial(int(go(arg)))
            case ir.Vector(items=items):
                return tuple(go(item) for item in items)
            case ir.Component(arg=arg, k=k):
                return go(arg)[k - 1]
            case ir.Dot(left=left, right=right):
                return math.fsum(a * b for a, b in zip(go(left), go(right), strict=True))
            case ir.Compare(operands=operands, ops=ops):
                sides = [go(operand) for operand in operands]
                return all(self.holds(op, sides[k], sides[k + 1]) for k, op in enumerate(ops))
            case ir.Logic(op=op, args=args):
                truth = [go(arg) for arg in args]
                return not truth[0] if op == "not" else all(truth) if op == "and" else any(truth)
            case ir.Select(condition=condition, then=then, other=other):
                return go(then) if go(condition) else go(other)
            case ir.Apply(fn="vol", args=(over,)):
                return sum(weight for _, weight in self.nodes(over, at, local))
            case ir.Apply(fn=fn, args=args):
                return self.function(fn, [go(arg) for arg in args])
            case ir.Bind(names=names, values=values, body=body):  # a body sees its arguments, and loops of its own
                return self.value(body, at, dict(zip(names, map(go, values), strict=True)))
            case ir.Reduce(op=op, axes=axes, body=body):
                return self.reduced(op, axes, body, at, local)
            case ir.Integral(var=var, over=over, body=body):
                return math.fsum(w * self.value(body, at, {**local, var: y}) for y, w in self.nodes(over, at, local))
        raise AssertionError(node)

    def arithmetic(self, op: str, a: Any, b: Any) -> Any:
        if isinstance(a, tuple) and isinstance(b, tuple):
            return tuple(self.arithmetic(op, x, y) for x, y in zip(a, b, strict=True))
        if isinstance(a, tuple):
            return tuple(self.arithmetic(op, x, b) for x in a)
        if isinstance(b, tuple):
            return tuple(self.arithmetic(op, a, y) for y in b)
        return {"add": a + b, "sub": a - b, "mul": a * b}[op] if op in ("add", "sub", "mul") else a / b if op == "div" else a**b

    def holds(self, op: str, a: float, b: float) -> bool:
        return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}[op]

    def function(self, fn: str, args: list[float]) -> float:
        x = args[0]
        match fn:
            case "where":
                return args[1] if args[0] else args[2]
            case "min" | "max":
                return (min if fn == "min" else max)(args)
            case "mod":
                return x - args[1] * math.floor(x / args[1])
            case "sign":
                return float((x > 0) - (x < 0))
            case "relu":
                return max(x, 0.0)
            case "gelu":
                return x * 0.5 * math.erfc(-x / math.sqrt(2))
            case "abs":
                return abs(x)
            case _:
                return float(getattr(math, fn)(x))

    def reduced(self, op: str, axes: tuple[str, ...], body: ir.Expr, at: dict[str, int], local: dict[str, Any]) -> Any:
        choices = itertools.product(*(range(self.sizes[axis]) for axis in axes))
        terms = [self.value(body, {**at, **dict(zip(axes, choice, strict=True))}, local) for choice in choices]
        if isinstance(terms[0], tuple):
            return tuple(math.fsum(parts) / (len(terms) if op == "mean" else 1) for parts in zip(*terms, strict=True))
        if op == "prod":
            return math.prod(terms)
        return math.fsum(terms) / (len(terms) if op == "mean" else 1)

    def nodes(self, over: ir.Expr, at: dict[str, int], local: dict[str, Any]) -> list[tuple[Any, float]]:
        """Points of the language's own rule at this order: what is tested is the lowering, not the rule."""
        assert isinstance(over, ir.Domain)
        args = [self.value(arg, at, local) if not isinstance(arg, ir.Domain) else arg for arg in over.args]
        match over.shape:
            case "interval":
                rule = gauss_legendre(ORDER, *args)
                return [(float(y), float(w)) for y, w in zip(rule.nodes, rule.weights, strict=True)]
            case "ball":
                rule = ball(over.dim, args[0], ORDER)
                return [(tuple(map(float, y)), float(w)) for y, w in zip(rule.nodes, rule.weights, strict=True)]
        factors = [self.nodes(part, at, local) for part in over.args]
        flat = lambda y: y if isinstance(y, tuple) else (y,)  # noqa: E731
        return [
            (tuple(itertools.chain(*(flat(y) for y, _ in choice))), math.prod(w for _, w in choice))
            for choice in itertools.product(*factors)
        ]


# ---------------------------------------------------------------- both ways
def text(body: str, *, dim: int | None = 2, functions: str = "") -> str:
    space = "R" if dim is None else f"R^{dim}"
    event = "1" if dim is None else str(dim)
    return f"""
nnspec: 1
name: lowered
let: {{I: 3, J: 2, c: 0.7, k: 3}}
{functions and "functions:"}
{functions}
model:
  inputs: {{x: {space}}}
  indices: {{i: I, j: J}}
  params:
    s: Normal(0, 1)
    a[i]: Normal(0, 1)
    b[j]: Uniform(-1, 1)
    w[i] in R^{event}: Normal(0, 1)
    v in R^{event}: Normal(0, 1)
    W[i, j]: Normal(0, 1)
    V[j, i]: Normal(0, 1)
  field: phi(x)
  def: >-
    {body}
observables:
  G: {{correlator: {{n: 1, at: [{[0.5] * (dim or 1) if dim else 0.5}]}}}}
"""


def both(spec: str, seed: int = 1) -> tuple[float, float, float]:
    """A field at one point: slowly, as the sampler has it, and lowered without hoisting."""
    experiment, env, theta = drawn(spec, seed)
    point = np.random.default_rng(seed).normal(size=experiment.model.dim)
    body = experiment.model.field.body
    slow = Slow(experiment, {name: np.asarray(array) for name, array in theta.items()}, tuple(point.tolist()))
    fast = field(experiment.model, env)(theta, jnp.asarray(point)[None, :])
    direct = lower(body, replace(env, params=theta, inputs={"x": jnp.asarray(point)}))
    assert direct.axes == ()
    return float(slow.value(body, {}, {})), float(fast[0, 0]), float(direct.array)


def drawn(spec: str, seed: int) -> tuple[Any, Env, dict[str, Any]]:
    experiment, words = meaning(spec)
    env = replace(environment(experiment, words, traced_constants(experiment), jnp.float64), order=ORDER)
    return experiment, env, dict(prior(experiment.model, env)(streams.root_key(seed)))


def meaning(spec: str) -> tuple[Any, Any]:
    """The experiment alone: sampling refuses integrals in a field, their lowering is tested all the same."""
    from nnspec.check.experiment import check

    read = loads(spec)
    found = check(read.tree, read.words)
    assert found.experiment is not None, [complaint.message for complaint in found.complaints]
    return found.experiment, read.words


def agree(spec: str, seed: int = 1) -> None:
    """Sums of a few hundred terms of order one: rounding alone, 1e-11."""
    slow, fast, direct = both(spec, seed)
    assert fast == pytest.approx(slow, rel=1e-11, abs=1e-11)
    assert direct == pytest.approx(slow, rel=1e-11, abs=1e-11)


FORMULAS = (
    "sum_{i,j} a[i]*W[i,j]*b[j]",
    "sum_{i,j} a[i]*W[i,j]*V[j,i]*cos(w[i].x)",
    "sum_i a[i]*relu(sum_j W[i,j]*b[j] + w[i].x)",
    "prod_i (1 + 0.1*a[i]*x[1])",
    "mean_{i,j} W[i,j]*x[2] + mean_i a[i]",
    "sum_i (sum_i a[i])*w[i].x",
    "(sum_i a[i]*w[i]).x",
    "(sum_{i,j} W[i,j]*w[i]).(x + c*v)",
    "sum_i a[i]*x.x^2/(1 + w[i].w[i])/sqrt(s^2 + 1)/2",
    "sum_i i*a[i]*x[1]^i/i!",
    "sum_{i,j} i^j*W[i,j] + k!*x[1]/5!",
    "sum_i (a[i] if a[i] > x[1] else w[i].x)",
    "sum_i where(a[i] > 0 and not x[1] < 0 or i == 2, a[i], 0)",
    "sum_i (w[i] if a[i] > 0 else 2*x).(v if x[1] > 0 else w[i])",
    "(v if s > 0 else x).v + (x if 1 < 2 else v)[2]",
    "sum_i (min(a[i], 0.3, x[1]) + max(a[i], s))",
    "mod(3*s, 2) + mod(-7, 3) + sign(s)*abs(x[1]) + floor(10*x[2])",
    "gelu(2) + erf(1) + tanh(1)*gelu(x[1]) + sqrt(4) + relu(-3)",
    "sum_i [a[i], 2, x[1]].[1, c, a[i]]",
    "-(-v).x - (-s)^3 + 2^(-1)*s + s^0",
    "10^25*x[1]/10^25 + 30!/29!*s",
    "integral(1, y in Interval(0, 2))*s",
    "integral(1 if y < 0.3 else 0, y in Interval(-1, c))*x[1]",
    "integral(exp(-y^2)*x[1], y in Interval(-c, 2)) + vol(Ball(2, c))",
    "integral(cos(y.x)*y[1]^2, y in Ball(2, c)) + vol(Interval(0, 1)*Ball(2, c))",
    "integral(y[1]*y[3] + x[1], y in Interval(0, 1)*Ball(2, 2))",
    "sum_i a[i]*integral(cos(a[i]*y)*integral(z*y, z in Interval(0, y)), y in Interval(0, 1))",
    "c*k + 2/3",
)


@pytest.mark.parametrize("body", FORMULAS)
def test_chosen_formulas(body):
    agree(text(body))


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 6])
def test_dot_products_of_every_length(dim):
    """Up to four components they are written out, beyond they are products of matrices."""
    agree(text(f"sum_i a[i]*cos(w[i].x + v.w[i]) + v.x + x.x + (sum_i w[i]).(x - v) + sum_i w[i].w[i]*x[{dim}] + v.v", dim=dim))


def test_a_scalar_input():
    agree(text("sum_i a[i]*cos(w[i][1]*x + s)/(1 + x^2) + sum_i x", dim=None).replace(" + sum_i x", ""))


FUNCTIONS = """  f(u): c*u^2 + 1
  g(u, m): f(u + m) - f(m)
  h(u): sum_i a[i]*u + sum_j b[j]
  flat(u): 2
  n2(u): u.u
  twice(u): h(h(u)) + flat(u)
  area(t): integral(y*t, y in Interval(0, t))"""


@pytest.mark.parametrize(
    "body",
    [
        "sum_i a[i]*f(w[i].x)",
        "g(x[1], s) + sum_j g(b[j], x[2])",
        "sum_i i^2*h(a[i])",  # both sums are called i, and are two sums
        "sum_{i,j} W[i,j]*h(W[i,j]*x[1])",
        "sum_i a[i]*twice(a[i]*x[1])",
        "sum_i flat(a[i]) + prod_i flat(i) + mean_i flat(a[i])",
        "sum_i n2(w[i] - x) + n2(v)",
        "area(s)*x[1] + area(c)",
        "sum_i h(sum_i h(a[i]))*a[i]",
    ],
)
def test_functions_of_the_spec(body):
    agree(text(body, functions=FUNCTIONS))


def test_a_function_means_the_same_wherever_it_is_used():
    """Its free names are those of the spec, not of the place where it is called."""
    functions = "  f(u): c*u\n  g(c): f(1) + 0*c\n  H(c): integral(f(c), c in Interval(0, 1))"
    slow, fast, _ = both(text("g(5)*10 + H(9) + 0*s", functions=functions))
    assert slow == pytest.approx(0.7 * 10 + 0.7 / 2, rel=1e-12)
    assert fast == pytest.approx(slow, rel=1e-12)


# ---------------------------------------------------------------- random formulas
class Writer:
    """Random formulas of the type R or R^2 with given free indices; `depth` bounds their size."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def number(self, depth: int, free: tuple[str, ...], names: tuple[str, ...] = ()) -> str:
        pick = self.random.choice
        if depth == 0:
            leaves = ["s", "x[1]", "x[2]", "c", "1.5", "2", "v[1]", *names]
            leaves += ["a[i]", "i", "w[i][2]"] if "i" in free else []
            leaves += ["b[j]", "0.3*j"] if "j" in free else []
            leaves += ["W[i,j]", "V[j,i]"] if {"i", "j"} <= set(free) else []
            return pick(leaves)
        one = lambda: self.number(depth - 1, free, names)  # noqa: E731
        vec = lambda: self.vector(depth - 1, free, names)  # noqa: E731
        forms = [
            lambda: f"({one()} {pick('+-*')} {one()})",
            lambda: f"({one()})*({one()})",
            lambda: f"({one()})/(1.3 + ({one()})^2)",
            lambda: f"{pick(['cos', 'sin', 'tanh', 'erf', 'relu', 'gelu', 'abs', 'sign'])}({one()})",
            lambda: f"sqrt(1 + ({one()})^2)",
            lambda: f"({one()})^{pick('023')}",
            lambda: f"-({one()})",
            lambda: f"({one()} if {one()} < {one()} else {one()})",
            lambda: f"where({one()} > {one()} and not {one()} < 0, {one()}, {one()})",
            lambda: f"{pick(['min', 'max'])}({one()}, {one()})",
            lambda: f"({vec()}).({vec()})",
            lambda: f"({vec()})[{pick('12')}]",
            lambda: self.sum(depth, free, names),
            lambda: f"f({one()})",
            lambda: f"h({one()})",
        ]
        return pick(forms)()

    def sum(self, depth: int, free: tuple[str, ...], names: tuple[str, ...]) -> str:
        op = self.random.choice(["sum", "mean"])
        axes = self.random.choice([("i",), ("j",), ("i", "j")])
        body = self.number(depth - 1, tuple({*free, *axes}), names)
        must = " + ".join({"i": "0.1*a[i]", "j": "0.1*b[j]"}[axis] for axis in axes)
        return f"{op}_{{{','.join(axes)}}} ({must} + {body})"

    def vector(self, depth: int, free: tuple[str, ...], names: tuple[str, ...]) -> str:
        pick = self.random.choice
        if depth == 0:
            return pick(["x", "v", *(["w[i]"] if "i" in free else [])])
        one = lambda: self.number(depth - 1, free, names)  # noqa: E731
        vec = lambda: self.vector(depth - 1, free, names)  # noqa: E731
        forms = [
            lambda: f"({vec()} {pick('+-')} {vec()})",
            lambda: f"(({one()})*({vec()}))",
            lambda: f"(({vec()})/(1.2 + ({one()})^2))",
            lambda: f"[{one()}, {one()}]",
            lambda: f"(-{vec()})",
            lambda: f"({vec()} if {one()} < {one()} else {vec()})",
        ]
        return pick(forms)()


@pytest.mark.parametrize("seed", range(40))
def test_random_formulas(seed):
    """Comparisons of numbers that are equal but for rounding would decide differently; the leaves make them improbable."""
    body = Writer(seed).number(4, ())
    agree(text(body, functions="  f(u): c*u^2 - u + sin(u)\n  h(u): sum_i (a[i]*u + 0.2*f(i*u)) + sum_j b[j]"), seed)


def test_hoisting_takes_out_what_does_not_see_the_input():
    experiment, _ = meaning(text("sum_i a[i]*cos(w[i].x)/sqrt(w[i].w[i] + c)/2"))
    body, parts = hoist(experiment.model.field.body)
    assert len(parts) == 1
    (part,) = parts.values()
    assert "input" not in part.deps
    assert {"a", "w"} == {node.name for node in walk_params(part)}
    assert "a" not in {node.name for node in walk_params(body)}


def walk_params(node: ir.Expr) -> list[ir.Param]:
    from nnspec.ir.walk import walk

    return [part for part in walk(node) if isinstance(part, ir.Param)]
