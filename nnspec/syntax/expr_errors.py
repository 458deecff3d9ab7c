"""Complaints about formulas, in plain words, from the tokens around the fault."""

from __future__ import annotations

from nnspec.syntax.expr_scan import CLOSERS, KEYWORDS, OPENERS, Formula, Token
from nnspec.syntax.expr_strange import bad_character
from nnspec.syntax.tree import Leaf
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, Label
from nnspec.text.source import Span

_FORMS = {
    "expr": "",
    "decl": "a parameter is declared as `a[i]`, `w[i] in R^d` or `(a[i], b[i])`",
    "range": "a range is written `N` or `1..N`",
    "block": "a statement is `index i in N`, `input x in R^d`, `let m = 1`, `a[i] ~ Normal(0, 1)`, "
    "`phi(x) = …` or `P *= …`",
}


def _quote(token: Token) -> str:
    text = token.text if len(token.text) <= 24 else f"{token.text[:23]}…"
    return f"`{text}`"


def empty(formula: Formula, start: str) -> Diagnostic:
    """Nothing stands where a formula is needed."""
    helps = (_FORMS[start],) if _FORMS[start] else ()
    return Diagnostic("NN106", "the formula is empty", formula.leaf.span, "a formula is expected here", helps=helps)


def bad_head(leaf: Leaf, span: Span) -> Diagnostic:
    """The left side of a definition is not a name with argument names."""
    message = f"`{leaf.text}` is not a name with its arguments"
    return Diagnostic("NN101", message, span, "not expected here", helps=("write it as `f(x)` or `f(x, y)`",))


def before_parsing(formula: Formula, start: str, deepest: int) -> Diagnostic | None:
    """Find what a parser would stumble over only later: strange characters, brackets, missing operators."""
    return bad_character(formula) or _brackets(formula, deepest) or _side_by_side(formula, start)


def _brackets(formula: Formula, deepest: int) -> Diagnostic | None:
    opened: list[Token] = []
    for token in formula.tokens:
        if token.text in OPENERS and token.kind != "string":
            opened.append(token)
            if len(opened) > deepest:
                message = f"the formula is nested more than {deepest} levels deep"
                helps = ("name parts of it under `let` or `functions`",)
                return Diagnostic("NN108", message, formula.span(token), "one bracket too many", helps=helps)
        elif token.text in CLOSERS and token.kind != "string":
            if not opened:
                message = f"{_quote(token)} closes nothing"
                helps = (f"delete it, or add `{CLOSERS[token.text]}` before",)
                return Diagnostic("NN103", message, formula.span(token), "no bracket is open here", helps=helps)
            opener = opened.pop()
            if CLOSERS[token.text] != opener.text:
                return _wrong_closer(formula, opener, token)
    if not opened:
        return None
    closers = "".join(OPENERS[token.text] for token in reversed(opened))
    return Diagnostic(
        "NN102",
        f"{_quote(opened[-1])} is never closed",
        formula.span(opened[-1]),
        "opened here",
        secondary=(Label(formula.end_span, "the formula ends here"),),
        helps=(f"add `{closers}`",),
    )


def _wrong_closer(formula: Formula, opener: Token, closer: Token) -> Diagnostic:
    return Diagnostic(
        "NN103",
        f"{_quote(closer)} does not close {_quote(opener)}",
        formula.span(closer),
        f"`{OPENERS[opener.text]}` is expected before this",
        secondary=(Label(formula.span(opener), "opened here"),),
    )


def _side_by_side(formula: Formula, start: str) -> Diagnostic | None:
    tokens = formula.tokens
    if tokens[0].kind == "keyword" and tokens[0].text != "not":
        return _no_value(formula, 0, start, name_only=False)
    skip = 1 if start == "block" and tokens[0].text in {"index", "input", "let"} else 0
    for number in range(skip + 1, len(tokens)):
        before, token = tokens[number - 1], tokens[number]
        if token.kind == "keyword" and token.text != "not" and not before.ends_value:
            return _no_value(formula, number, start, name_only=False)
        if before.ends_value and token.starts_value:
            return _missing_operator(formula, number, start)
        if token.kind == "big" and _binds_tighter(tokens, number):
            return _big_in_power(formula, number)
    return None


def _binds_tighter(tokens: tuple[Token, ...], number: int) -> bool:
    number -= 1
    while number > 0 and tokens[number].text in {"+", "-"} and not tokens[number - 1].ends_value:
        number -= 1
    return tokens[number].text in {"^", "**", ".", "·", "⋅"}


def _big_in_power(formula: Formula, number: int) -> Diagnostic:
    token, last = formula.tokens[number], formula.tokens[number + 1]
    if formula.tokens[number - 1].text in {".", "·", "⋅"} and token.text.endswith("_"):
        return _reserved(formula, Token("name", token.text + last.text, token.start, last.end))
    helps = (f"write `({token.text}{last.text} …)`" if last.kind == "sub" else "write `(sum_i …)`",)
    message, label = "a sum needs parentheses here", "it takes the whole product to its right"
    return Diagnostic("NN101", message, formula.span(token, last), label, helps=helps)


def _operand_before(formula: Formula, number: int) -> str:
    last = formula.tokens[number]
    while number > 0 and (formula.tokens[number].kind == "super" or formula.tokens[number].text == "!"):
        number -= 1
    while formula.tokens[number].text in CLOSERS:
        opener = formula.match_of(number)
        if opener is None:
            break
        number = opener
        if number > 0 and formula.tokens[number - 1].kind == "name":
            number -= 1
    return formula.text[formula.tokens[number].start : last.end]


def _operand_after(formula: Formula, number: int) -> str:
    first = formula.tokens[number]
    if first.kind == "big":
        return f"{first.text}{formula.tokens[number + 1].text} …"
    while first.kind == "name" and number + 1 < len(formula.tokens) and formula.tokens[number + 1].text in {"(", "["}:
        closer = formula.match_of(number + 1)
        if closer is None:
            break
        number = closer
    return formula.text[first.start : formula.tokens[number].end]


def _missing_operator(formula: Formula, number: int, start: str) -> Diagnostic:
    left, right = _operand_before(formula, number - 1), _operand_after(formula, number)
    before, token = formula.tokens[number - 1], formula.tokens[number]
    if before.text == "0" and before.end == token.start and (other := _other_base(token.text)) is not None:
        message = "numbers are written in the decimal system"
        helps = (f"write `{other}`",)
        return Diagnostic("NN019", message, formula.span(before, token), "not a decimal number", helps=helps)
    if before.text == "√":
        help_text = f"write `sqrt({right})`"
    elif token.kind == "string" or before.kind == "string":
        help_text = "separate values with `,`"
    elif start == "expr" or any(each.text in {"~", "=", "*="} for each in formula.tokens[:number]):
        product = f"{left}*{right}"
        help_text = "multiplication is written out" + (f": `{product}`" if len(product) <= 40 else " with `*`")
    else:
        help_text = _FORMS[start]
    notes: tuple[str, ...] = ()
    if start == "block" and "\n" in formula.leaf.text[before.end : token.start]:
        notes = ("a line that is indented deeper, or stands inside brackets, continues the line above it",)
    label = "an operator is missing before this"
    message = "two values stand side by side"
    return Diagnostic("NN100", message, formula.span(token), label, notes=notes, helps=(help_text,))


def _other_base(digits: str) -> int | None:
    """The value of `x1F`, `o17`, `b101` behind a zero."""
    try:
        return int(f"0{digits}", 0) if len(digits) <= 16 and digits[:1].lower() in "xob" else None
    except ValueError:
        return None


def _reserved(formula: Formula, token: Token) -> Diagnostic:
    return Diagnostic(
        "NN107",
        f"{_quote(token)} is reserved and cannot be used as a name",
        formula.span(token),
        "this word is part of the language",
        helps=("choose another name",),
    )


def unexpected(formula: Formula, start: str, at: int, expected: frozenset[str]) -> Diagnostic:
    """Explain where the parser stopped: `at` counts characters of the leaf, `expected` names its terminals."""
    tokens = formula.tokens
    number = next((k for k, token in enumerate(tokens) if token.end > at), len(tokens))
    value, name = "NUMBER" in expected, "NAME" in expected
    if number == len(tokens):
        return _ends_early(formula, start, expected)
    token = tokens[number]
    if value or name:
        return _no_value(formula, number, start, name_only=not value)
    if tokens[number - 1].ends_value and (token.starts_value or token.text in OPENERS):
        return _missing_operator(formula, number, start)
    return _no_operator(formula, number, start)


def _ends_early(formula: Formula, start: str, expected: frozenset[str]) -> Diagnostic:
    last = formula.tokens[-1]
    texts = [token.text for token in formula.tokens]
    helps = (_FORMS[start],) if _FORMS[start] else ()
    if "ELSE" in expected and texts.count("if") > texts.count("else"):
        place = next(token for token in reversed(formula.tokens) if token.text == "if")
        helps = ("write `a if c else b`",)
        return Diagnostic("NN106", "`if` has no `else`", formula.span(place), "the other case is missing", helps=helps)
    if {"NUMBER", "NAME"} & expected:
        return Diagnostic(
            "NN106", f"the formula ends after {_quote(last)}", formula.span(last), "a value is missing after this",
            helps=helps,
        )  # fmt: skip
    return Diagnostic("NN106", "the statement is not complete", formula.end_span, "more is expected here", helps=helps)


def _no_value(formula: Formula, number: int, start: str, *, name_only: bool) -> Diagnostic:
    tokens, token = formula.tokens, formula.tokens[number]
    follows = tokens[number + 1] if number + 1 < len(tokens) else None
    if token.text in KEYWORDS and (follows is None or not (follows.starts_value or follows.text in OPENERS)):
        return _reserved(formula, token)
    helps = (_FORMS[start],) if _FORMS[start] else ()
    if name_only:
        message = f"a name is expected here, not {_quote(token)}"
        return Diagnostic("NN101", message, formula.span(token), "not a name", helps=helps)
    before = tokens[number - 1] if number else None
    pair = (before.text if before else "") + token.text
    special = {
        "//": "write `floor(a/b)`", "<>": "write `!=`", "<=": "write `<=` without a space", "><": "write `!=`",
        "=>": "write `>=`", "=<": "write `<=`", "===": "write `==`", "==!": "write `!=`", ",)": "delete the `,`",
        ",]": "delete the `,`", "^^": "write `^` once",
    }  # fmt: skip
    if pair in special:
        helps = (special[pair],)
    where = f"between {_quote(before)} and {_quote(token)}" if before else f"before {_quote(token)}"
    label = "a number, a name or `(` is expected here"
    return Diagnostic("NN101", f"a value is missing {where}", formula.span(token), label, helps=helps)


def _no_operator(formula: Formula, number: int, start: str) -> Diagnostic:
    token = formula.tokens[number]
    span, helps = formula.span(token), (_FORMS[start],) if _FORMS[start] else ()
    if token.text == "=" and start == "expr":
        fix = Fix("maybe", (Edit(span.start, span.end, "=="),))
        helps = ("to compare, write `==`",)
        return Diagnostic("NN105", "`=` does not compare two values", span, "not understood", helps=helps, fixes=(fix,))
    special = {
        ",": "several values are written `[a, b]`",
        "in": "`in` names a domain inside a call: `integral(f(y), y in D)`",
        "else": "a choice is written `a if c else b`",
        "..": "`..` belongs to a range of an index: `1..N`",
        "~": "`~` declares a parameter, in a `model: |` block only",
        "*=": "`P *= …` stands in a `model: |` block only",
        "not": "write `and not` or `or not`",
    }
    if start == "expr" and token.text in special:
        helps = (special[token.text],)
    label = "an operator or the end is expected here"
    if formula.tokens[number - 1].text == "not":
        helps = ("put `not …` into parentheses",)
    return Diagnostic("NN101", f"{_quote(token)} is not expected here", span, label, helps=helps)
