r"""The form phi(x) = \sum_i a_i \psi_i(x; \theta) + r(x; \theta) with normal amplitudes a that are independent of \theta.

Given \theta the field is Gaussian, with mean r + \sum_i \mu_i \psi_i and covariance \sum_i s_i \psi_i(x) \psi_i(y). The
last layer of a stack gives its weights as amplitudes, however deep the stack is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.experiment import Experiment, InputDecl, ParamDecl
from nnspec.ir.walk import walk
from nnspec.lower.expressions import Env, lower
from nnspec.lower.forms.base import TOO_DEEP, Hindrance, Obstacle
from nnspec.lower.forms.formula import Formula, formula_of, last_layer
from nnspec.lower.forms.laws import is_normal, plain_args, record_of
from nnspec.lower.forms.terms import Term, added, binary, refreshed, terms
from nnspec.lower.stack import Step, density_args, forward, resolve_stack, unit_variance
from nnspec.lower.values import Value, align
from nnspec.numerics.lazy import jax, jnp
from nnspec.plugin.vocabulary import Vocabulary

HIDDEN = "%hidden"
"""The name under which the outputs of the last hidden layer stand in the formula of the readout."""


@dataclass(frozen=True, kw_only=True)
class Amplitudes:
    """The terms a_i psi_i with the amplitudes of one declaration, summed over `axes`."""

    decl: ParamDecl
    axes: tuple[str, ...]
    psi: ir.Expr


@dataclass(frozen=True, kw_only=True)
class LinearInAmplitudes:
    """Normal amplitudes with their features, and the rest of the field."""

    amplitudes: tuple[Amplitudes, ...]
    rest: tuple[Term, ...]
    sizes: Mapping[str, int]
    inputs: tuple[InputDecl, ...]
    steps: tuple[Step, ...] = ()
    unit: bool = False
    words: Vocabulary = field(repr=False)
    env: Env | None = None

    def bind(self, env: Env) -> LinearInAmplitudes:
        """The form with its constants."""
        return replace(self, env=replace(env, sizes={**env.sizes, **self.sizes}))

    @property
    def summary(self) -> str:
        """The amplitudes."""
        return ", ".join(f"`{each.decl.name}`" for each in self.amplitudes)

    def centred(self, values: Mapping[str, float | int]) -> bool:
        """Whether the mean of the field is zero, whatever the features."""
        if self.rest:
            return False
        laws = [each.decl.density for each in self.amplitudes]
        args = [plain_args(law, values) if isinstance(law, ir.Density) else None for law in laws]
        records = [record_of(law, self.words) for law in laws]
        return all(r is not None and a is not None and r.centred(a) for r, a in zip(records, args, strict=True))

    def given(self) -> Callable[[Mapping[str, Any], Any], tuple[Any, Any]]:
        """One draw and points [point, in] give the mean [point] and the covariance [point, point_2] of the field."""
        assert self.env is not None
        env = self.env

        def of(theta: Mapping[str, Any], points: Any) -> tuple[Any, Any]:
            points = points.astype(env.dtype)
            drawn = replace(env, params=theta)
            hidden = forward(self.steps, self.unit, theta, points, env) if self.steps else points

            def at(place: tuple[Any, Any]) -> tuple[Any, Any]:
                point, below = place
                here = replace(drawn, inputs=_inputs(self.inputs, point))
                if self.steps:
                    axes = tuple(index for index in self.sizes)
                    here = replace(here, local={HIDDEN: Value(below, axes)})
                return self._at(here)

            features, means = jax.lax.map(at, (points, hidden))
            return jnp.sum(means, axis=1), jnp.matmul(features, features.T, precision="highest")

        return of

    def _at(self, here: Env) -> tuple[Any, Any]:
        """Features times deviations, [feature], and what they and the rest give in the mean, [term]."""
        features, means = [], []
        for each in self.amplitudes:
            value = _spread(lower(each.psi, here), each.axes, here)
            mean, variance = _normal(each.decl.density, each.axes, here)
            features.append(jnp.ravel(value * jnp.sqrt(variance)))
            means.append(jnp.sum(value * mean))
        for term in self.rest:
            total = lower(term.body, here)
            means.append(jnp.sum(_spread(total, term.axes, here)))
        return jnp.concatenate(features), jnp.stack([jnp.asarray(mean, here.dtype) for mean in means])


def _spread(value: Value, axes: tuple[str, ...], env: Env) -> Any:
    """The value with exactly these axes."""
    ones = Value(jnp.ones(tuple(env.sizes[axis] for axis in axes), env.dtype), axes)
    (whole, array), _ = align(ones, value)
    return whole * jnp.asarray(array, env.dtype)


def _normal(law: ir.Expr, axes: tuple[str, ...], env: Env) -> tuple[Any, Any]:
    """Mean and variance of an amplitude, as arrays over the axes where they depend on them."""
    assert isinstance(law, ir.Density)
    record = env.words.densities[law.name]
    assert record.gaussian is not None
    if not law.free:
        mean, variance = record.gaussian(density_args(law, env))
        return jnp.asarray(mean, env.dtype), jnp.asarray(variance, env.dtype)
    args = {name: _spread(lower(arg, env), axes, env) for name, arg in zip(law.names, law.args, strict=True)}
    mean, variance = record.gaussian(args)
    return jnp.asarray(mean, env.dtype), jnp.asarray(variance, env.dtype)


def _inputs(inputs: tuple[InputDecl, ...], point: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    start = 0
    for item in inputs:
        found[item.name] = point[start : start + item.dim]
        start += item.dim
    return found


def linear_in_amplitudes(experiment: Experiment, words: Vocabulary) -> LinearInAmplitudes | Obstacle:
    """The normal amplitudes of a model, or what it has instead."""
    model = experiment.model
    if model.deform is not None:
        return Obstacle("`deform` changes the law of the amplitudes", model.deform.span)
    try:
        if model.stack is None:
            return _found(formula_of(experiment, words), words)
        steps = resolve_stack(model, words)
        found = _found(last_layer(model, steps, HIDDEN), words)
        return replace(found, steps=steps[:-1], unit=unit_variance(model, words), inputs=model.inputs)
    except Hindrance as hindrance:
        return hindrance.obstacle
    except RecursionError:
        return TOO_DEEP


def _found(formula: Formula, words: Vocabulary) -> LinearInAmplitudes:
    parts = terms(formula.body, formula.sizes)
    found: dict[str, Amplitudes] = {}
    rest: list[Term] = []
    reasons: list[Hindrance] = []
    for term in _split(parts):
        chosen = _amplitude(term, formula, words, reasons)
        if chosen is None:
            rest.append(term)
        elif chosen.decl.name not in found:
            found[chosen.decl.name] = chosen
        else:
            known = found[chosen.decl.name]
            found[chosen.decl.name] = replace(known, psi=binary("add", known.psi, chosen.psi))
    amplitudes = tuple(found.values())
    _once(amplitudes, rest, formula)
    if not amplitudes:
        raise reasons[0] if reasons else Hindrance("no factor of a term is a normal amplitude", formula.body.span)
    return LinearInAmplitudes(
        amplitudes=amplitudes, rest=tuple(rest), sizes=formula.sizes, inputs=formula.inputs, words=words
    )


def _split(parts: list[Term]) -> list[Term]:
    """The summands of each term as terms."""
    return [Term(term.axes, body) for term in parts for body in added(term.body)]


def _amplitude(term: Term, formula: Formula, words: Vocabulary, reasons: list[Hindrance]) -> Amplitudes | None:
    for factor in factors(term.body):
        if not isinstance(factor, ir.Param) or factor.type.kind != "real":
            continue
        decl = formula.decl(factor.name)
        if not set(decl.indices) <= set(term.axes):
            continue
        if not is_normal(decl.density, words):
            reasons.append(Hindrance(f"the law of `{factor.name}` is not normal", decl.density.span or decl.span))
        elif len(decl.targets) > 1:
            reasons.append(Hindrance(f"`{factor.name}` is correlated with other parameters", decl.span))
        else:
            inner = tuple(axis for axis in term.axes if axis not in decl.indices)
            psi = refreshed(without(term.body, factor))
            if inner:
                psi = ir.Reduce(op="sum", axes=inner, body=psi, free=psi.free - set(inner), deps=psi.deps, span=psi.span)
            return Amplitudes(decl=decl, axes=decl.indices, psi=psi)
    return None


def factors(body: ir.Expr) -> list[ir.Expr]:
    """The factors of a product; of a quotient those above."""
    match body:
        case ir.Bin(op="mul", left=left, right=right):
            return factors(left) + factors(right)
        case ir.Bin(op="div", left=left):
            return factors(left)
        case ir.Neg(arg=arg):
            return factors(arg)
        case ir.Derivative(arg=arg):
            return factors(arg)
        case _:
            return [body]


def without(body: ir.Expr, factor: ir.Expr) -> ir.Expr:
    """The product with one of its factors replaced by 1."""
    if body is factor:
        return ir.Lit(value=1.0, span=body.span)
    match body:
        case ir.Bin(op="mul", left=left, right=right):
            if any(each is factor for each in factors(left)):
                return replace(body, left=without(left, factor))
            return replace(body, right=without(right, factor))
        case ir.Bin(op="div", left=left):
            return replace(body, left=without(left, factor))
        case ir.Neg(arg=arg) | ir.Derivative(arg=arg):
            return replace(body, arg=without(arg, factor))
        case _:
            return body


def _once(amplitudes: tuple[Amplitudes, ...], rest: list[Term], formula: Formula) -> None:
    """Amplitudes must not enter in another way too."""
    places: list[ir.Expr] = [each.psi for each in amplitudes] + [term.body for term in rest]
    places += [decl.density for decl in formula.params]
    others = {part.name for place in places for part in walk(place) if isinstance(part, ir.Param)}
    for each in amplitudes:
        if each.decl.targets[0] in others:
            msg = f"`{each.decl.targets[0]}` enters the field in another way too"
            raise Hindrance(msg, each.decl.span)
