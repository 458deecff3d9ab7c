"""Deformed models with up to three parameters, on a grid of them: what chains and weights are judged by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from nnspec.ir.expr import Domain
from nnspec.ir.walk import walk
from nnspec.lower.certify import certified_grid
from nnspec.lower.coordinates import moved_only, obstacle
from nnspec.lower.deformation import MOST_NODES, chosen_grid, largest_dimension
from nnspec.lower.field import parameter_count
from nnspec.lower.nodes import MOST_COORDINATES, means_over
from nnspec.lower.streaming import readings
from nnspec.lower.tails import certify_tails
from nnspec.numerics.quadrature import NotConvergedError
from nnspec.plugin import Backend, Estimator, Offer, Program, Question, Refusal, Resources, hookimpl, np
from nnspec.plugin.records import Statistics
from nnspec.result.estimate import Estimate

NAME, METHOD = "few_parameters", "quadrature"
READINGS = ("f", "jac", "theta")
TOLERANCE = 1e-9
MOST = 1 << 22
START = 48
"""Nodes along each axis to begin with, and over all to end with."""


def offer(question: Question) -> Sequence[Offer | Refusal]:
    """Estimators under a deformed density of few parameters; not instead of a sampler that the spec names."""
    kind, model = question.record.kind, question.experiment.model
    drawn = model.deform is None and moved_only(model) is None
    ignored = drawn or question.asked.option("density") == "undeformed"
    if not isinstance(kind, Estimator) or ignored or question.method not in (None, METHOD):
        return []
    count = parameter_count(model, question.words, {index.name: index.size for index in model.indices})
    reason, place = _reason(question, kind, count)
    if reason:
        return [Refusal(backend=NAME, method=METHOD, reason=reason, span=place)] if question.method == METHOD else []
    shape = question.record.shape(dict(question.asked.options), model.dim)
    named = question.experiment.sampler_span is not None
    return [
        Offer(
            backend=NAME, method=METHOD, why=f"{count} parameters fit on a grid", dims=question.asked.dims, shape=shape,
            flops=300.0 * (4.0 * START) ** count, bytes=64.0 * MOST + 64.0 * math.prod(shape), error="stated",
            group=question.asked.name, preference=5 if named else 20, cite=(*question.record.cite, "trefethen2014"),
        )
    ]  # fmt: skip


def _reason(question: Question, kind: Estimator, count: int) -> tuple[str, Any]:
    """Why not, and the place of the reason."""
    missing = [reading for reading in kind.readings if reading not in READINGS]
    if missing:
        return f"it does not read `{missing[0]}`", None
    if not 0 < count <= MOST_COORDINATES:
        return f"a grid serves up to {MOST_COORDINATES} parameters, and there are {count:,}", None
    grid = chosen_grid(question.experiment)
    if grid is not None and grid.order ** largest_dimension(question.experiment.model) > MOST_NODES:
        return "the integrals of the deformation would need too many nodes", None
    domains = (part for part in walk(question.experiment.model.params) if isinstance(part, Domain))
    sphere = next((part for part in domains if part.shape == "sphere"), None)
    if sphere is not None:
        return "coordinates of a sphere are not smooth at their origin, which a grid needs", sphere.span
    return obstacle(question.experiment.model, question.words) or ("", None)


def compile(questions: Sequence[Question], offers: Sequence[Offer], resources: Resources) -> Program:
    """One shard: finer and finer grids, until two agree."""
    (question,), (accepted,), (ask,) = questions, offers, resources.asks
    kind = question.record.kind
    assert isinstance(kind, Estimator)
    (reading,) = readings(questions, resources.asks)
    certify_tails(question.experiment, question.words)
    grid = certified_grid(question.experiment, question.words)
    prefix = f"{question.asked.name}/"

    def compute(indices: Sequence[int], before: Sequence[Statistics | None]) -> list[Statistics]:  # noqa: ARG001
        means = means_over(question.experiment, question.words, [reading], grid)
        order, last = START, None
        while order ** _axes(question) <= MOST:
            found = {name[len(prefix) :]: np.asarray(x) for name, x in means(order).items()}
            value = np.asarray(kind.finish(ask, found), np.float64)
            error = math.inf if last is None else float(np.max(np.abs(value - last), initial=0.0))
            if error <= TOLERANCE * max(1.0, float(np.max(np.abs(value), initial=0.0))):
                return [{"value": value, "error": np.asarray(error)} for _ in indices]
            order, last = 2 * order + 1, value
        message = f"the grid of parameters gave no answer: values still change by {error:.1e}; `method: monte_carlo` can"
        raise NotConvergedError(message)

    def finish(statistics: Sequence[Statistics]) -> list[Estimate]:
        (only,) = statistics
        coords = dict(zip(question.asked.dims, question.record.coords(ask).values(), strict=False))
        return [
            Estimate(
                name=question.asked.name, word=question.asked.word, method=METHOD, value=only["value"],
                dims=question.asked.dims, coords=coords, numerical_error=float(only["error"]),
                equation=question.record.equation, cite=accepted.cite, backend=NAME,
            )
        ]  # fmt: skip

    return Program(shards=1, compute=compute, finish=finish)


def _axes(question: Question) -> int:
    model = question.experiment.model
    return parameter_count(model, question.words, {index.name: index.size for index in model.indices})


@hookimpl
def nnspec_backends() -> Iterable[Backend]:
    """Grids of parameters as a backend."""
    yield Backend(
        name=NAME, doc="sums over a grid of the parameters of a deformed density, up to three of them", offer=offer,
        compile=compile, methods=(METHOD,), cite=("trefethen2014",),
    )  # fmt: skip
