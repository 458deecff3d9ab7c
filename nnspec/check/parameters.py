"""Parameters: what is declared, in which space, with which density, and in which order they can be drawn."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from nnspec.check.attempts import attempt
from nnspec.check.domains import read_domain
from nnspec.check.expressions import Reader
from nnspec.check.factors import Own
from nnspec.check.indices import no_index
from nnspec.check.laws import read_density
from nnspec.check.nouns import noun
from nnspec.check.scope import Meaning, Scope, Wrong, parts_of
from nnspec.ir import expr as ir
from nnspec.ir.experiment import ParamDecl
from nnspec.ir.types import REAL, Type, vec
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Span

Declared = tuple[ast.Decl, "ast.Expr | None"]


def read_parameters(declared: list[Declared], scope: Scope) -> list[ParamDecl]:
    """Every parameter, those first on whose values the densities of others depend."""
    found = [_parameter(decl, density, scope) for decl, density in _in_order(declared, scope)]
    return [each for each in found if each is not None]


def _in_order(declared: list[Declared], scope: Scope) -> list[Declared]:
    """Declarations after those that their densities name; NN406 for a circle of them."""
    owner = {each.name.text: k for k, (decl, _) in enumerate(declared) for each in decl.names}
    uses = [_used(decl, density, owner) for decl, density in declared]
    graph = {k: sorted({owner[name.text] for name in names}) for k, names in enumerate(uses)}
    try:
        return [declared[k] for k in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle: list[int] = error.args[1]
        shown = " -> ".join(declared[k][0].names[0].name.text for k in reversed(circle))
        used = next(name for name in uses[circle[1]] if owner[name.text] == circle[0])
        target = next(each for each in declared[circle[0]][0].names if each.name.text == used.text)
        message = "the densities of parameters depend on each other in a circle"
        scope.complaints.add(Diagnostic("NN406", message, used.span, "needed to draw it",
                                        (Label(target.span, "declared here"),), notes=(shown,)))  # fmt: skip
        for each in (each for k in set(circle) for each in declared[k][0].names):
            indices = tuple(index.text for index in each.indices)
            scope.declare(each.name, Meaning(kind="param", type=REAL, span=each.name.span, indices=indices, broken=True))
        return _in_order([each for k, each in enumerate(declared) if k not in circle], scope)


def _used(decl: ast.Decl, density: ast.Expr | None, owner: dict[str, int]) -> list[ast.Name]:
    """The other parameters that a density names."""
    own = {each.name.text for each in decl.names}
    names = (part for part in parts_of(density) if isinstance(part, ast.Name)) if density is not None else ()
    return [name for name in names if name.text in owner and name.text not in own]


def _parameter(decl: ast.Decl, density: ast.Expr | None, scope: Scope) -> ParamDecl | None:
    made = attempt(scope, lambda: _typed(decl, density, scope))
    for each in decl.names:
        indices = tuple(index.text for index in each.indices)
        kind, shown = (made[1], made[2]) if made is not None else (REAL, "")
        meaning = Meaning(kind="param", type=kind, span=each.name.span, indices=indices, space=shown, broken=made is None)
        scope.declare(each.name, meaning)
    return made[0] if made is not None else None


def _typed(decl: ast.Decl, density: ast.Expr | None, scope: Scope) -> tuple[ParamDecl, Type, str]:
    """The parameter, the type of one of its entries, and the space that it is declared in."""
    for index in (index for target in decl.names for index in target.indices):
        if index.text not in scope.sizes:
            raise Wrong(no_index(index, scope))
    first = decl.names[0]
    indices = tuple(index.text for index in first.indices)
    if decl.joint:
        _same_indices(decl)
    read = Reader(scope)
    space = read_domain(decl.domain, read, scope) if decl.domain is not None else None
    place = decl.domain.span if decl.domain is not None else decl.span
    if space is not None and space.shape != "reals":
        raise Wrong(Diagnostic("NN411", "a parameter is declared in R^n; its density says where it can be", place,
                               "this is a part of it", helps=("put the domain into the density: `Uniform(…)`",)))  # fmt: skip
    if density is None:
        raise Wrong(None)
    wanted = None if space is None else vec(space.dim) if space.type.shape else REAL
    own = Own(first.name.text, indices, wanted, tuple(each.name.text for each in decl.names[1:]))
    try:
        law = read_density(density, read, scope, own)
    except Wrong as wrong:
        raise Wrong(_of_itself(wrong.diagnostic, decl)) from None
    _same_dependence(law, indices, first.name, density.span)
    event = law.type.shape
    if decl.joint:
        return _joint(decl, law, indices, density.span)
    kind, copies = _space(event, space, place, density.span)
    shown = f"R^{kind.shape[0]}" if kind.shape else "R"
    param = ParamDecl(targets=(first.name.text,), indices=indices, copies=copies, density=law, span=first.name.span)
    return param, kind, shown


def _of_itself(fault: Diagnostic | None, decl: ast.Decl) -> Diagnostic | None:
    """NN406 instead of NN201 where a density names the parameter that it is the density of."""
    used = fault.span if fault is not None and fault.code == "NN201" else None
    target = next((each for each in decl.names if used is not None and each.name.span.text == used.text), None)
    if used is None or target is None:
        return fault
    shown = target.span.text
    return Diagnostic("NN406", f"the density of `{shown}` depends on `{shown}` itself", used, "not drawn yet",
                      (Label(target.span, "declared here"),),
                      helps=(f"a factor on a density may depend on it: `Normal(0, 1)*exp(-{shown}^4)`",))  # fmt: skip


def _space(event: tuple[int, ...], space: ir.Domain | None, place: Span, given: Span) -> tuple[Type, tuple[int, ...]]:
    """The type of an entry, and how many independent copies of the density it consists of."""
    if space is None:
        return (vec(event[0]) if event else REAL), ()
    if not space.type.shape:
        if event:
            message = f"a density on R^{event[0]} for a parameter in R"
            raise Wrong(Diagnostic("NN411", message, given, f"this gives vectors of R^{event[0]}",
                                   (Label(place, "declared in R here"),)))  # fmt: skip
        return REAL, ()
    if event and event != (space.dim,):
        message = f"a density on R^{event[0]} for a parameter in R^{space.dim}"
        raise Wrong(Diagnostic("NN411", message, given, f"this gives vectors of R^{event[0]}",
                               (Label(place, f"declared in R^{space.dim} here"),), helps=_copied(given, space)))  # fmt: skip
    return vec(space.dim), () if event else (space.dim,)


def _copied(given: Span, space: ir.Domain) -> tuple[str, ...]:
    """How `p^n` is written for the space that is declared."""
    base, power, _ = given.text.rpartition("^")
    return (f"independent components: `{base}` alone, or `{base}^{space.dim}`",) if power and base.endswith(")") else ()


def _joint(decl: ast.Decl, law: ir.Expr, indices: tuple[str, ...], given: Span) -> tuple[ParamDecl, Type, str]:
    """`(a[i], b[i])`: the components of one draw of a density on R^n."""
    count = len(decl.names)
    if law.type.shape != (count,):
        message = f"a joint density of {count} parameters is a density on R^{count}"
        helps = (f"independent of each other: `{given.text}^{count}`",) if not law.type.shape else ()
        raise Wrong(Diagnostic("NN411", message, given, f"this is {noun(law.type)}",
                               (Label(decl.span, f"{count} parameters here"),), helps=helps))  # fmt: skip
    targets = tuple(each.name.text for each in decl.names)
    param = ParamDecl(targets=targets, indices=indices, copies=(), density=law, span=decl.span)
    return param, REAL, "R"


def _same_indices(decl: ast.Decl) -> None:
    first = decl.names[0]
    for other in decl.names[1:]:
        if [each.text for each in other.indices] != [each.text for each in first.indices]:
            raise Wrong(Diagnostic("NN412", "parameters with one joint density have the same indices", other.span,
                                   "other indices", (Label(first.span, "than this one"),)))  # fmt: skip


def _same_dependence(law: ir.Expr, indices: tuple[str, ...], name: ast.Name, place: Span) -> None:
    """Indices in a density are those of the parameter."""
    loose = sorted(law.free - set(indices))
    if loose:
        message = f"the density of `{name.written}` depends on the index `{loose[0]}`, which `{name.written}` does not have"
        shown = f"`{name.written}[{', '.join((*indices, loose[0]))}]`"
        raise Wrong(Diagnostic("NN409", message, place, "one value for each index", (Label(name.span, "declared here"),),
                               helps=(f"declare {shown}, or sum over the index",)))  # fmt: skip
