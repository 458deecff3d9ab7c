"""The claims of a spec, judged on its results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.evaluate import NotConstant, evaluate
from nnspec.ir.experiment import Check, Experiment
from nnspec.ir.functions import FUNCTIONS
from nnspec.ir.walk import walk
from nnspec.numerics.agreement import Agreement, agree
from nnspec.numerics.lazy import np
from nnspec.result.estimate import Estimate
from nnspec.result.format import plain_number
from nnspec.result.record import CheckRecord
from nnspec.text.diagnostic import Diagnostic, Label


class CannotJudge(Exception):
    """A claim that has no truth value on these results."""


def judge(experiment: Experiment, estimates: Mapping[str, Estimate], data: Mapping[str, Any]) -> list[CheckRecord]:
    """Every check with both of its sides."""
    return [_judge(check, _Judge(experiment, estimates, data)) for check in experiment.checks]


def judge_over(
    experiment: Experiment, estimates: Mapping[str, Estimate], data: Mapping[str, Any], swept: Mapping[str, Any],
    axes: Mapping[str, Sequence[Any]],
) -> list[CheckRecord]:  # fmt: skip
    """The claims about a whole sweep, whose axes are dimensions of the estimates.

    Args:
        experiment: the spec with the sweep.
        estimates: results over the sweep.
        data: the data sets that are the same at every point.
        swept: constants over the whole grid, by path.
        axes: for each dimension the values of all that changes along it.
    """
    checks = experiment.sweep.checks if experiment.sweep is not None else ()
    return [_judge(check, _Judge(experiment, estimates, data, swept, axes)) for check in checks]


def _judge(check: Check, judge_: _Judge) -> CheckRecord:
    try:
        value = judge_.value(check.that)
    except CannotJudge as reason:
        return CheckRecord(text=check.text, passed=None, detail=str(reason))
    left = right = None
    detail = judge_.seen(check.that)
    if isinstance(check.that, ir.Compare):
        sides = [judge_.value(side) for side in check.that.operands]
        left, right = float(sides[0]), float(sides[-1])
        detail = judge_.place(check.that.operands[0])
        if not all(np.isfinite(side) for side in sides):
            detail = "a side of the comparison is not finite"
            return CheckRecord(text=check.text, passed=None, left=left, right=right, detail=detail)
    return CheckRecord(text=check.text, passed=bool(value), left=left, right=right, detail=detail)


def at_points(found: Sequence[Sequence[CheckRecord]]) -> list[CheckRecord]:
    """The claims about each point of a sweep as one record each: both sides are those of the point where they are closest."""
    together = []
    for records in zip(*found, strict=True):
        held = sum(record.passed is True for record in records)
        verdict = False if any(record.passed is False for record in records) else held == len(records) or None
        worst = min((record for record in records if record.passed is verdict), key=_room)
        together.append(replace(worst, passed=verdict, at=f"holds at {held} of {len(records)} points"))
    return together


def _room(record: CheckRecord) -> float:
    """How far apart the two sides of a claim are, relative to the larger."""
    if record.left is None or record.right is None or not np.isfinite([record.left, record.right]).all():
        return float("inf")
    return abs(record.left - record.right) / (max(abs(record.left), abs(record.right)) or 1.0)


def failures(checks: Sequence[Check], records: Sequence[CheckRecord], seed: int) -> list[Diagnostic]:
    """NN711 for each claim that failed, NN712 for each that could not be judged."""
    passed = sum(record.passed is True for record in records)
    found: list[Diagnostic] = []
    for check, record in zip(checks, records, strict=True):
        if record.passed:
            continue
        if record.passed is None:
            message = f"check cannot be judged: {record.text}"
            found.append(Diagnostic("NN712", message, check.span, notes=(record.detail,)))
            continue
        note = f"seed {seed}; {passed} of {len(records)} checks passed"
        found.append(_failed(check, record, note))
    return found


def _failed(check: Check, record: CheckRecord, note: str) -> Diagnostic:
    title = f"check failed: {record.text}"
    if not isinstance(check.that, ir.Compare) or record.left is None or record.right is None:
        return Diagnostic("NN711", title, check.span, record.detail, notes=(note,))
    first, last = check.that.operands[0].span, check.that.operands[-1].span
    where = f", at {record.detail}" if record.detail else ""
    secondary = (Label(last, f"right side: {plain_number(record.right)}"),) if last else ()
    label = f"left side: {plain_number(record.left)}{where}"
    return Diagnostic("NN711", title, first, label, secondary, notes=(note,))


_BINARY = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b, "pow": lambda a, b: _power(a, b),
}  # fmt: skip
_COMPARE = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip
_WHOLE = {"max": "max", "min": "min", "mean": "mean", "sum": "sum"}
_OVER_SWEEPS = ("slope", "spread", "argmin", "argmax")
_BY_ENTRY = ("sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "abs", "sign", "floor", "where")


def _power(a: Any, b: Any) -> Any:
    """a^b; of what is not a number nothing is one, not even its power 0."""
    power = a**b
    return np.where(np.isnan(a) | np.isnan(b), np.nan, power) if np.ndim(power) else power


def _spread(value: Any, dims: tuple[str, ...], whole: tuple[str, ...]) -> Any:
    """An array with all dimensions of `whole`, in their order."""
    array = np.asarray(value)
    if array.ndim == 0:
        return array
    array = np.transpose(array, sorted(range(len(dims)), key=lambda k: whole.index(dims[k])))
    return array.reshape([array.shape[sorted(dims, key=whole.index).index(dim)] if dim in dims else 1 for dim in whole])


def _slope(x: Any, y: Any) -> Any:
    """Least squares over all pairs."""
    x, y = (each.reshape(-1) for each in np.broadcast_arrays(x, y))
    centred = x - np.mean(x)
    if x.size < 2 or not np.any(centred):
        msg = "a straight line needs two different x"
        raise CannotJudge(msg)
    return np.sum(centred * y) / np.sum(centred**2)


def _gone(dims: tuple[str, ...], node: ir.Expr) -> tuple[int, ...]:
    """The axes that a node sums over: those that it does not keep."""
    return tuple(k for k, dim in enumerate(dims) if dim not in node.type.dims)


def _same(value: Any, wanted: str) -> bool:
    try:
        return float(value) == float(wanted)
    except ValueError:
        return False


def _results(node: ir.Expr) -> list[ir.ResultRef]:
    return [part for part in walk(node) if isinstance(part, ir.ResultRef)]


class _Judge:
    """Evaluates formulas over results with NumPy."""

    def __init__(
        self, experiment: Experiment, estimates: Mapping[str, Estimate], data: Mapping[str, Any],
        swept: Mapping[str, Any] | None = None, axes: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:  # fmt: skip
        self.swept, self.axes = swept or {}, axes or {}
        self.constants = experiment.values
        self.estimates = estimates
        self.data = data
        self.local: dict[str, Any] = {}

    def value(self, node: ir.Expr) -> Any:
        """The value of a formula, arrays entry by entry."""
        match node:
            case ir.Lit(value=value) | ir.Text(value=value):
                return value
            case ir.Const(name=name):
                return self.constants[name]
            case ir.DataRef(name=name):
                if name not in self.data:
                    msg = f"`{name}` is not the same at every point of the sweep"
                    raise CannotJudge(msg)
                return self.data[name]
            case ir.ResultRef():
                return np.asarray(self._result(node).value)
            case ir.Swept(path=path):
                gone = tuple(k for k, dim in enumerate(self.axes) if dim not in node.type.dims)
                return np.fmax.reduce(self.swept[path], axis=gone) if gone else self.swept[path]
            case ir.Neg(arg=arg):
                return -self.value(arg)
            case ir.Bin(op=op, left=left, right=right):
                with np.errstate(all="ignore"):
                    return _BINARY[op](*self._aligned(node, left, right))
            case ir.Compare(operands=operands, ops=ops):
                sides = [self.value(side) for side in operands]
                if any(isinstance(side, float | np.ndarray) and np.any(np.isnan(side)) for side in sides):
                    msg = "a side of the comparison is not finite"
                    raise CannotJudge(msg)
                return all(bool(_COMPARE[op](sides[k], sides[k + 1])) for k, op in enumerate(ops))
            case ir.Logic(op=op, args=args):
                truth = [bool(self.value(arg)) for arg in args]
                return not truth[0] if op == "not" else all(truth) if op == "and" else any(truth)
            case ir.Select(condition=condition, then=then, other=other):
                return self.value(then) if self.value(condition) else self.value(other)
            case ir.Apply(fn="agree"):
                return self._agreement(node).ok
            case ir.Apply() if node.fn != "vol":
                return self._apply(node)
            case ir.Entry(arg=arg, places=places):
                return self._entry(node, np.asarray(self.value(arg)), places)
            case ir.Local(name=name):
                return self.local[name]
            case ir.Bind(names=names, values=values, body=body):
                return self._bound(dict(zip(names, map(self.value, values), strict=True)), body)
            case _:
                return self._constant(node)

    def _bound(self, bound: dict[str, Any], body: ir.Expr) -> Any:
        """A function of the spec at its arguments; nothing else than those is bound in its body."""
        before, self.local = self.local, bound
        try:
            return self.value(body)
        finally:
            self.local = before

    def _constant(self, node: ir.Expr) -> Any:
        """What is no formula of results has a value of its own, or none."""
        try:
            return evaluate(node, {**self.constants, **self.local})
        except (NotConstant, ArithmeticError, ValueError, TypeError, KeyError):
            msg = f"`{node.span.text if node.span else node}` has no value here"
            raise CannotJudge(msg) from None

    def _result(self, node: ir.ResultRef) -> Estimate:
        name = node.name if node.field_name is None else f"{node.name}.{node.field_name}"
        if name not in self.estimates:
            msg = f"`{name}` was not computed"
            raise CannotJudge(msg)
        return self.estimates[name]

    def _apply(self, node: ir.Apply) -> Any:
        if node.fn == "se":
            return self._error(node.args[0])
        some = any(isinstance(arg, ir.Text) for arg in node.args)
        args = [self.value(arg) for arg in node.args if not isinstance(arg, ir.Text)]
        if node.fn in _WHOLE and len(args) == 1:
            gone = _gone(node.args[0].type.dims, node) if node.type.dims or some else None
            return getattr(np, _WHOLE[node.fn])(args[0], axis=gone)
        if node.fn in _OVER_SWEEPS:
            return self._over_sweep(node, args)
        if node.fn == "relative_change":
            dims = node.args[0].type.dims
            first, last = (np.take(args[0], k, axis=dims.index("step")) for k in (0, -1))
            over = _gone(tuple(dim for dim in dims if dim != "step"), node)
            return np.sqrt(np.sum(np.square(last - first), axis=over) / np.sum(np.square(first), axis=over))
        if node.fn == "norm":
            return np.sqrt(np.sum(np.square(args[0]), axis=_gone(node.args[0].type.dims, node)))
        if node.fn in ("min", "max"):
            pair = np.minimum if node.fn == "min" else np.maximum
            total = args[0]
            for arg in args[1:]:
                total = pair(total, arg)
            return total
        if node.fn in _BY_ENTRY:
            with np.errstate(all="ignore"):
                return getattr(np, node.fn)(*args)
        if node.fn not in FUNCTIONS:
            msg = f"`{node.fn}` is not known in checks"
            raise CannotJudge(msg)
        try:
            return np.vectorize(FUNCTIONS[node.fn].plain, otypes=[float])(*args)
        except (ArithmeticError, ValueError):
            msg = f"`{node.fn}` has no value at an entry of its argument"
            raise CannotJudge(msg) from None

    def _aligned(self, node: ir.Expr, *parts: ir.Expr) -> list[Any]:
        """Values with their dimensions in the order of the whole, which have length 1 where a part lacks them."""
        found = [self.value(part) for part in parts]
        if all(part.type.dims in ((), node.type.dims) for part in parts):
            return found
        return [_spread(value, part.type.dims, node.type.dims) for value, part in zip(found, parts, strict=True)]

    def _over_sweep(self, node: ir.Apply, args: list[Any]) -> Any:
        """Functions of the points of a sweep, of those alone where an axis has the value `where`."""
        options = {name: value.value for name, value in node.options if isinstance(value, ir.Text)}
        chosen = [(value, arg.type.dims) for value, arg in zip(args, node.args, strict=True)]
        if "where" in options:
            dim, k = self._where(options["where"])
            chosen = [(np.take(value, k, axis=has.index(dim)), tuple(each for each in has if each != dim))
                      if dim in has else (value, has) for value, has in chosen]  # fmt: skip
        value, dims = chosen[-1]
        if any(np.any(np.isnan(each)) for each, _ in chosen):
            msg = f"`{node.span.text if node.span else node.fn}` is about points that have no value"
            raise CannotJudge(msg)
        if not dims or options.get("over", dims[0]) not in dims:
            msg = f"`{node.span.text if node.span else node.fn}` is about a single point"
            raise CannotJudge(msg)
        if node.fn == "spread":
            return np.max(value) - np.min(value)
        if node.fn == "slope":
            whole = tuple(dict.fromkeys(dim for _, each in chosen for dim in each))
            return _slope(*(_spread(each, has, whole) for each, has in chosen))
        at = np.argmin if node.fn == "argmin" else np.argmax
        return at(value, axis=dims.index(options["over"])) + 1

    def _where(self, wanted: str) -> tuple[str, int]:
        """The axis with this value and its place there; a value of several axes names none of them."""
        hits = {
            (dim, k) for dim, lists in self.axes.items() for listed in lists
            for k, each in enumerate(listed) if str(each) == wanted or _same(each, wanted)
        }  # fmt: skip
        if len(hits) != 1:
            msg = f"`where` finds {len(hits)} places where the sweep has the value `{wanted}`"
            raise CannotJudge(msg)
        return hits.pop()

    def _entry(self, node: ir.Entry, array: Any, places: tuple[int, ...]) -> Any:
        outside = len(node.type.dims) if node.arg.type.kind == "result" else 0  # axes of a sweep come first
        if any(place > size for place, size in zip(places, array.shape[outside:], strict=False)):
            shape = " x ".join(map(str, array.shape))
            msg = f"`{node.span.text if node.span else 'the result'}` is outside of a result of the shape {shape}"
            raise CannotJudge(msg)
        return array[(..., *(place - 1 for place in places))] if outside else array[tuple(place - 1 for place in places)]

    def _agreement(self, node: ir.Apply) -> Agreement:
        """The comparison of two results, with the quantile of Student's t that their blocks ask for."""
        sides = [self._sampled(arg) for arg in node.args]
        chosen = dict(node.options).get("false_alarm")
        alarm = 1e-3 if chosen is None else float(self.value(chosen))
        if not 0 < alarm < 1:
            msg = f"a false-alarm rate lies between 0 and 1, and this is {alarm:g}"
            raise CannotJudge(msg)
        (a, se_a, dof_a), (b, se_b, dof_b) = sides
        a, b = np.broadcast_arrays(a, b)
        if not np.any(se_a) and not np.any(se_b):
            tolerance = 1e-9 * float(np.max(np.abs(a), initial=0.0))
            return agree(a, b, se_a, se_b, false_alarm=alarm, tolerance=tolerance)
        return agree(a, b, se_a, se_b, false_alarm=alarm, dof=min(dof_a, dof_b))

    def _sampled(self, arg: ir.Expr) -> tuple[Any, Any, float]:
        """A value, its error, and the degrees of freedom of that error; a number and a formula of numbers have none."""
        if isinstance(arg, ir.ResultRef):
            found = self._result(arg)
            if found.stderr is not None:
                blocks = found.diagnostics.get("blocks")
                return np.asarray(found.value), np.asarray(found.stderr), math.inf if blocks is None else float(blocks) - 1
        elif any(self._sampled(part)[1] is not None and np.any(self._sampled(part)[1]) for part in _results(arg)):
            msg = "`agree` compares results by their names: the error of a formula of sampled results is not known"
            raise CannotJudge(msg)
        value = np.asarray(self.value(arg), dtype=np.float64)
        return value, np.zeros_like(value), math.inf

    def _error(self, arg: ir.Expr) -> Any:
        if not isinstance(arg, ir.ResultRef):
            msg = "`se` takes one result by its name"
            raise CannotJudge(msg)
        found = self._result(arg)
        return np.zeros_like(np.asarray(found.value)) if found.stderr is None else np.asarray(found.stderr)

    def seen(self, node: ir.Expr) -> str:
        """What a comparison by `agree` could have seen."""
        if not isinstance(node, ir.Apply) or node.fn != "agree":
            return ""
        found = self._agreement(node)
        what = found.reason or f"largest |z| {found.z_max:.2f}, {found.allowed:.2f} allowed"
        return f"{what}; a difference of {found.smallest_detectable:.3g} would have been seen"

    def place(self, node: ir.Expr) -> str:
        """Where the largest or smallest entry is, for `max(...)` and `min(...)` of a result."""
        if not isinstance(node, ir.Apply) or node.fn not in ("max", "min") or len(node.args) != 1:
            return ""
        array = np.asarray(self.value(node.args[0]))
        dims = node.args[0].type.dims
        if array.ndim == 0 or array.ndim != len(dims):
            return ""
        flat = int(np.argmax(array) if node.fn == "max" else np.argmin(array))
        index = np.unravel_index(flat, array.shape)
        return ", ".join(self._coordinate(dim, int(k)) for dim, k in zip(dims, index, strict=True))

    def _coordinate(self, dim: str, k: int) -> str:
        for estimate in self.estimates.values():
            along = estimate.coords.get(dim)
            if along is not None and np.asarray(along).ndim == 1:
                return f"{dim} = {plain_number(float(along[k]))}"
        return f"{dim} {k + 1}"
