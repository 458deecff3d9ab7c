"""From Lark's parse tree to the expression tree, without recursion, with exact spans and folded names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from nnspec.syntax.expr_scan import KEYWORDS, RESERVED, RESERVED_PREFIXES, Formula
from nnspec.syntax.expr_tree import (
    Big,
    BigOp,
    Bin,
    BinaryOp,
    Binder,
    Call,
    Cmp,
    CompareOp,
    Decl,
    DeclName,
    Expr,
    ExprNode,
    Factorial,
    If,
    Index,
    KwArg,
    Name,
    Num,
    Range,
    SDef,
    SDeform,
    SIndex,
    SInput,
    SLet,
    SParam,
    Str,
    Tuple_,
    Un,
    UnaryOp,
    Vector,
)
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, SpecError
from nnspec.text.source import Span

if TYPE_CHECKING:
    from lark import Token, Tree

DEEPEST = 200
_GREEK = (
    "α alpha β beta γ gamma δ delta ε epsilon ϵ epsilon ζ zeta η eta θ theta ϑ theta ι iota κ kappa λ lambda "
    "μ mu µ mu ν nu ξ xi π pi ρ rho σ sigma τ tau φ phi ϕ phi χ chi ψ psi ω omega "
    "Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Φ Phi Ψ Psi Ω Omega ℝ R 𝔼 E ∞ inf ∫ integral √ sqrt"
).split()
ALIASES = dict(zip(_GREEK[::2], _GREEK[1::2], strict=True))
"""Characters of names that are spelt out, so that `φ` and `phi` are one name."""
_FOLD = str.maketrans(ALIASES)
_COMPARE = {"≤": "<=", "≥": ">=", "≠": "!="}
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_BIG = {"sum": "sum", "Σ": "sum", "∑": "sum", "prod": "prod", "Π": "prod", "∏": "prod", "mean": "mean"}
_BINARY = {"add", "sub", "mul", "div", "pow", "dot", "and_", "or_"}


def fold(written: str) -> str:
    """The canonical form of a name."""
    return written.translate(_FOLD)


def reserved(name: str) -> bool:
    """Whether a name has a meaning in the language itself, so that nothing else may be called so."""
    return name in RESERVED or name.startswith(RESERVED_PREFIXES)


def refuse_reserved(name: Name) -> Name:
    """Pass on a declared name unless the language needs it."""
    if not reserved(name.text):
        return name
    if name.text.startswith(RESERVED_PREFIXES):
        big = name.text.partition("_")[0]
        label, example = f"`{big}_…` sums or multiplies over an index", name.text.replace("_", "")
    else:
        label, example = "this word is part of the language", f"{name.text}0"
    raise SpecError(
        Diagnostic(
            "NN107",
            f"`{name.written}` is reserved and cannot be used as a name",
            name.span,
            label,
            helps=(f"choose another name, for example `{example}`",),
        )
    )


class Builder:
    """Makes expression nodes for one formula; positions in Lark's tree count from the formula's start."""

    def __init__(self, formula: Formula) -> None:
        """Remember the way back to the file."""
        self._leaf = formula.leaf
        self._base = formula.start

    def _span(self, start: int, end: int) -> Span:
        return self._leaf.span_of(self._base + start, self._base + end)

    def build(self, root: Tree[Token]) -> ExprNode:
        """Build bottom-up: 1,000 nested signs must not overflow the stack."""
        order: list[Tree[Token]] = []
        todo = [root]
        while todo:
            tree = todo.pop()
            order.append(tree)
            todo.extend(child for child in tree.children if _is_tree(child))
        done: dict[int, tuple[ExprNode, int]] = {}
        for tree in reversed(order):
            below = [done[id(child)] for child in tree.children if _is_tree(child)]
            depth = 1 + max((depth for _, depth in below), default=0)
            parts = [
                done[id(child)][0] if _is_tree(child) else None if child is None else self._token(cast("Token", child))
                for child in tree.children
            ]
            span = self._span(tree.meta.start_pos, tree.meta.end_pos)
            if depth > DEEPEST:
                raise SpecError(too_deep(span))
            done[id(tree)] = self._node(str(tree.data), parts, span), depth
        return done[id(root)][0]

    def _token(self, token: Token) -> Any:
        start, end = token.start_pos, token.end_pos
        assert start is not None
        assert end is not None
        span = self._span(start, end)
        if token.type == "NAME":
            return Name(fold(str(token)), str(token), span)
        return str(token), span

    def _node(self, rule: str, parts: list[Any], span: Span) -> ExprNode:
        if rule in _BINARY:
            return Bin(cast("BinaryOp", rule.rstrip("_")), parts[0], parts[1], span)
        if rule in {"decl", "joint", "dname", "range"} or rule.startswith("s_"):
            return _declaration(rule, parts, span)
        return _operation(rule, parts, span) or _value(rule, parts, span)


def _is_tree(child: object) -> bool:
    return hasattr(child, "children")


def too_deep(span: Span) -> Diagnostic:
    """The complaint about a formula that is nested too deeply."""
    return Diagnostic(
        "NN108",
        f"the formula is nested more than {DEEPEST} levels deep",
        span,
        helps=("name parts of it under `let` or `functions`",),
    )


def _number(text: str, span: Span) -> Num:
    too_large = Diagnostic("NN101", "the number is too large", span, "more than a double-precision number can hold")
    plain = text.lstrip("0_") or "0"
    if len(text) > 1 and text[0] == "0" and text[1] in "0123456789_":
        fix = Fix("maybe", (Edit(span.start, span.end, plain),))
        raise SpecError(Diagnostic("NN019", "a number starts with `0`", span, "octal in some languages, decimal in others",
                                   helps=(f"write `{plain if plain[0].isdigit() else f'0{plain}'}`",), fixes=(fix,)))  # fmt: skip
    if len(text) > 400:
        raise SpecError(too_large)
    value: int | float = float(text) if any(sign in text for sign in ".eE") else int(text)
    if abs(value) > 1.7e308:
        raise SpecError(too_large)
    return Num(text, value, span)


def _power(base: Expr, sign: tuple[str, Span], span: Span) -> Bin:
    text, place = sign
    digits = text.lstrip("⁻").translate(_SUPERSCRIPT)
    inner = Span(place.source, place.end - len(digits), place.end)
    exponent: Expr = _number(digits, inner)
    if text.startswith("⁻"):
        exponent = Un("neg", exponent, place)
    return Bin("pow", base, exponent, span)


def _divided_by_big(parts: list[Any]) -> SpecError:
    dividend, divisor = parts[0].span.text, parts[1].span.text
    shown = f"{dividend}/({divisor})" if len(dividend) + len(divisor) <= 40 and "\n" not in divisor else "…/(sum_i …)"
    return SpecError(
        Diagnostic(
            "NN104",
            "a sum below a division bar needs parentheses",
            parts[1].span,
            "it is not clear where the divisor ends",
            helps=(f"write `{shown}`",),
        )
    )


def _operation(rule: str, parts: list[Any], span: Span) -> Expr | None:
    match rule:
        case "neg" | "pos" | "not_":
            return Un(cast("UnaryOp", rule.rstrip("_")), parts[0], span)
        case "fact":
            return Factorial(parts[0], span)
        case "superpow":
            return _power(parts[0], parts[1], span)
        case "ifelse":
            return If(parts[0], parts[1], parts[2], span)
        case "chain":
            ops = (_COMPARE.get(text, text) for text, _ in parts[1::2])
            return Cmp(tuple(parts[::2]), tuple(cast("CompareOp", op) for op in ops), span)
        case "big":
            (sign, _), *names, body = parts
            kind = cast("BigOp", _BIG[sign.rstrip("_")])
            return Big(kind, tuple(refuse_reserved(name) for name in names), body, span)
        case "err_div_big":
            raise _divided_by_big(parts)
    return None


def _value(rule: str, parts: list[Any], span: Span) -> ExprNode:
    match rule:
        case "num":
            return _number(parts[0][0], span)
        case "name":
            # Where no keyword can stand, the contextual lexer lets one pass as a name.
            return refuse_reserved(parts[0]) if parts[0].text in KEYWORDS else cast("Name", parts[0])
        case "string":
            return Str(parts[0][0][1:-1], span)
        case "tuple":
            return Tuple_(tuple(parts), span)
        case "vector":
            return Vector(tuple(parts), span)
        case "index":
            return Index(parts[0], tuple(parts[1:]), span)
        case "call":
            return _call(parts, span)
        case "kwarg":
            return KwArg(parts[0], parts[1], span)
        case "binder":
            return Binder(refuse_reserved(parts[0]), parts[1], span)
        case _:  # the start symbols hold one tree each
            return cast("Expr", parts[0])


def _call(parts: Sequence[Any], span: Span) -> Call:
    fn, *rest = parts
    kwargs = tuple(part for part in rest if isinstance(part, KwArg))
    binders = tuple(part for part in rest if isinstance(part, Binder))
    args = tuple(part for part in rest if not isinstance(part, KwArg | Binder))
    return Call(fn, args, kwargs, binders, span)


def _declaration(rule: str, parts: list[Any], span: Span) -> ExprNode:
    match rule:
        case "dname":
            name, *indices = (refuse_reserved(part) for part in parts)
            return DeclName(name, tuple(indices), span)
        case "decl":
            return Decl((parts[0],), joint=False, domain=parts[1], span=span)
        case "joint":
            return Decl(tuple(parts), joint=True, domain=None, span=span)
        case "range":
            low, high = parts
            return Range(None, low, span) if high is None else Range(low, high, span)
        case "s_index":
            return SIndex(refuse_reserved(parts[0]), parts[1], span)
        case "s_input":
            return SInput(refuse_reserved(parts[0]), parts[1], span)
        case "s_let":
            return SLet(refuse_reserved(parts[0]), parts[1], span)
        case "s_param":
            return SParam(parts[0], parts[1], span)
        case "s_def":
            head, *arguments = parts[:-1]
            return SDef(head.name, tuple(map(refuse_reserved, arguments)), parts[-1], span, head.indices)
        case _:
            return SDeform(parts[0], span)
