"""A function of the spec, evaluated at points: what results are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nnspec.plugin import Ask, Field, Limit, Observable, hookimpl, np
from nnspec.plugin.readings import Array
from nnspec.plugin.records import Args


def dims(options: Args) -> tuple[str, ...]:
    """Along a line the name of its data set; at points one axis for each argument."""
    if options.get("along") is not None:
        return (getattr(options["along"], "name", "r"),)
    return ("point", "point_2")[: len(options["of"].names)]


def shape(options: Args, dim: int) -> tuple[int, ...]:  # noqa: ARG001
    """One axis for each argument, or the line."""
    if options.get("along") is not None:
        return (int(options["along"].type.shape[0]),)
    return (int(options["at"].type.shape[0]),) * len(options["of"].names)


def refuse(options: Args, dim: int) -> tuple[str, str] | None:  # noqa: ARG001
    """`at`, or `from` and `along`; functions of one or two points."""
    on_line = [key for key in ("from", "along") if options.get(key) is not None]
    if options.get("at") is None and len(on_line) != 2:
        return (on_line[0] if on_line else "at"), "give `at`, or `from` and `along`"
    if options.get("at") is not None and on_line:
        return on_line[0], "give either `at`, or `from` and `along`"
    if len(options["of"].names) not in (1, 2):
        return "of", "the function must take one or two points"
    return None


def coords(ask: Ask) -> Mapping[str, Array]:
    """Separations along a line."""
    return {"along": np.asarray(ask["along"])} if "along" in ask else {}


@hookimpl
def nnspec_observables() -> Iterable[Observable]:
    """`Gfree: {evaluate: {of: G, from: x0, along: r}}`."""
    yield Observable(
        name="evaluate",
        doc="values of a function of the spec; integrals in it by quadrature with a stated error",
        equation=r"G(x), \quad G(x, y), \quad G(x_0, x_0 + r e_1)",
        fields=(
            Field(name="of", type="function", doc="a function of one or two points", required=True),
            Field(name="at", type="points", doc="points; all combinations for a function of two"),
            Field(name="from", type="point", doc="start of a line along the first axis: the first argument"),
            Field(name="along", type="axis", doc="separations along the line"),
        ),
        dims=dims,
        shape=shape,
        kind=Limit(),
        refuse=refuse,
        coords=coords,
        example="{evaluate: {of: G, at: xs}}",
        cite=("golub1969",),
    )
