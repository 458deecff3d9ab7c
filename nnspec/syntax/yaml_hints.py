"""What PyYAML complains about, in plain words and with advice for people who write formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from nnspec.syntax.expr_strange import ternary_help
from nnspec.text.diagnostic import Diagnostic, Label
from nnspec.text.source import Source, Span

if TYPE_CHECKING:
    import yaml

_STARTS = {
    "%": "`%` starts a YAML directive",
    "@": "YAML reserves `@`",
    "`": "YAML reserves the backquote",
    "|": "`|` starts a block of text in YAML",
    ">": "`>` starts a folded text in YAML",
    "- ": "`- ` starts a list item in YAML",
    "? ": "`? ` starts a key in YAML",
    "[": "a value that starts with `[` is a list, and the list ends here",
    "{": "a value that starts with `{` is a mapping, and the mapping ends here",
    '"': "a value that starts with a quote ends with the closing quote",
    "'": "a value that starts with a quote ends with the closing quote",
}


def quoted(text: str) -> str:
    """A text as a YAML value in quotes."""
    return f"'{text}'" if '"' in text or "\\" in text else f'"{text}"'


def explain(source: Source, error: yaml.YAMLError) -> Diagnostic:
    """Turn an error of PyYAML into a diagnostic."""
    if getattr(error, "problem_mark", None) is None:
        return _unprintable(source, getattr(error, "position", 0))
    error = cast("yaml.MarkedYAMLError", error)
    assert error.problem_mark is not None
    at = min(error.problem_mark.index, len(source.text))
    context = error.context_mark.index if error.context_mark is not None else None
    problem, reading = error.problem or "", error.context or ""
    found = _by_context(source, at, context if context is not None else at, problem, reading)
    return found or _by_problem(source, at, context, problem)


def _span(source: Source, start: int, length: int = 1) -> Span:
    return Span(source, start, min(start + length, max(start, len(source.text))))


def _unprintable(source: Source, place: int) -> Diagnostic:
    character = source.text[place : place + 1]
    message = f"the character U+{ord(character or ' '):04X} cannot stand in a spec"
    return Diagnostic("NN009", message, _span(source, place), "not a printable character")


def _line_parts(source: Source, at: int) -> tuple[str, str]:
    """The text of a line before and from an offset."""
    line, _ = source.line_column(at)
    start, text = source.line_start(line), source.line_text(line)
    return text[: at - start], text[at - start :]


def _without_comment(text: str) -> str:
    return re.split(r"(?:^|\s)#", text)[0].rstrip()


def _start(source: Source, at: int, sign: str, rest: str) -> Diagnostic:
    """A value that starts with a sign that YAML keeps for itself."""
    bars = re.match(r"\|([^|]+)\|", rest)
    if bars:
        helps: tuple[str, ...] = (f"write the absolute value as `abs({bars[1].strip()})`",)
    elif sign == ">":
        helps = ("a comparison needs a left side: `x > 0`",)
    elif sign in {"- ", "? "}:
        helps = (f"write `-{rest[1:].strip()}`, or put the items of a list on lines of their own",)
        helps = helps if sign == "- " else ("a choice is written `a if c else b`",)
    else:
        helps = ("no formula starts like this; quote a text that does",)
    label = _STARTS[sign]
    span = _span(source, at, len(bars[0]) if bars else 1)
    shown = "a backquote" if sign == "`" else f"`{sign.strip()}`"
    return Diagnostic("NN010", f"a value cannot start with {shown}", span, label, helps=helps)


def _by_context(source: Source, at: int, start: int, problem: str, reading: str) -> Diagnostic | None:
    """Explain by what PyYAML was reading."""
    rest = _without_comment(_line_parts(source, start)[1])
    word = re.match(r"\S+", rest)
    span = _span(source, start, len(word[0]) if word else 1)
    if "alias" in reading or "anchor" in reading:
        return anchor(span)
    if "tag" in reading or "tag handle" in problem:
        return tag(span)
    if "block scalar" in reading:
        return _start(source, start, source.text[start], rest)
    if "double-quoted" in reading:
        return _escape(source, at)
    if "quoted scalar" in reading:
        label = "opened here"
        return Diagnostic("NN001", "this quote is never closed", _span(source, start), label, helps=("close it",))
    if "simple key" in reading:
        return _no_colon(source, start)
    if "directive" in reading:
        return _start(source, start, "%", rest)
    return None


def anchor(span: Span) -> Diagnostic:
    """The complaint about anchors and aliases."""
    sign = span.text[:1]
    kind = "alias" if sign == "*" else "anchor"
    helps = (f"no formula starts with `{sign}`; for a shared value use `let`",)
    return Diagnostic("NN006", "anchors and aliases are not used in specs", span, f"YAML reads an {kind}", helps=helps)


def tag(span: Span) -> Diagnostic:
    """The complaint about explicit tags."""
    helps = ("quote the text if it has to start with `!`",)
    return Diagnostic("NN007", "tags are not used in specs", span, "YAML reads a tag", helps=helps)


def _escape(source: Source, at: int) -> Diagnostic:
    start = source.text.rfind("\\", 0, at + 1)
    command = re.match(r"\\[A-Za-z]*", source.text[start:])
    shown = command[0] if command and len(command[0]) > 1 else source.text[start : start + 2]
    helps = [f"write the name without the backslash: `{shown[1:]}`"] if shown[1:].isalpha() else []
    helps.append("a formula needs no double quotes; a text with `\\` stands in single quotes")
    label = "inside double quotes `\\` starts an escape"
    message = f"`{shown}` is not an escape that YAML knows"
    return Diagnostic("NN001", message, _span(source, start, len(shown)), label, helps=tuple(helps))


def _no_colon(source: Source, start: int) -> Diagnostic:
    text = _without_comment(_line_parts(source, start)[1])
    glued = re.match(r"([^\s:]+):(\S.*)", text)
    helps = (f"put a space after the colon: `{glued[1]}: {glued[2]}`",) if glued else ("write `key: value`",)
    label = "a `:` and a value are expected here"
    return Diagnostic("NN001", "this line is not `key: value`", _span(source, start, len(text)), label, helps=helps)


def _by_problem(source: Source, at: int, context: int | None, problem: str) -> Diagnostic:
    """Explain by what PyYAML found."""
    before, rest = _line_parts(source, at)
    character = source.text[at : at + 1]
    if "cannot start any token" in problem and character == "\t":
        label = "YAML does not allow a tab here"
        message = "a tab between words" if before.strip() else "this line is indented with a tab"
        return Diagnostic("NN001", message, _span(source, at), label, helps=("use spaces",))
    if "cannot start any token" in problem:
        return _start(source, at, character, _without_comment(rest))
    if "mapping values are not allowed" in problem:
        return _second_colon(source, at, before)
    if "not allowed here" in problem and before.strip():
        return _start(source, at, f"{character} ", _without_comment(rest))
    if "but got" in problem and context is not None:
        return _flow(source, at, context)
    if "<block end>" in problem or "not allowed here" in problem:
        return _block(source, at, context, before)
    if "node content" in problem:
        label = "a value is expected before this"
        return Diagnostic("NN001", "a value is missing", _span(source, at), label, helps=_quote_line(source, at))
    return Diagnostic("NN001", "YAML cannot read this", _span(source, at), problem)


def _quote_line(source: Source, at: int) -> tuple[str, ...]:
    line, _ = source.line_column(at)
    match = re.match(r"\s*(?:- )*([^\s:#][^:#]*): +(\S.*)", _without_comment(source.line_text(line)))
    shown = f"{match[1]}: {quoted(match[2])}" if match else ""
    return (f"quote the value: `{shown}`",) if match and len(shown) <= 80 else ("quote a text that holds such signs",)


def _second_colon(source: Source, at: int, before: str) -> Diagnostic:
    value = re.match(r"\s*(?:- +)*[^\s#].*?: +(\S.*)", before)
    if value is None:
        return _indented(source, at, before, None)
    whole = _without_comment(source.line_text(source.line_column(at)[0])[value.start(1) :])
    choice = ternary_help(whole)
    helps = (choice,) if choice else (*_quote_line(source, at), "or put it on the next line, below `key: |`")
    label = "YAML reads this colon as the end of another key"
    return Diagnostic("NN001", "a second colon in one line", _span(source, at), label, helps=helps)


def _indented(source: Source, at: int, before: str, context: int | None) -> Diagnostic:
    line, _ = source.line_column(at)
    start = source.line_start(line) + len(before) - len(before.lstrip())
    text = _without_comment(source.line_text(line)[start - source.line_start(line) :])
    span = _span(source, start, max(1, len(text)))
    secondary = (Label(_span(source, context), "the block starts here"),) if context is not None else ()
    helps = ("give it the indentation of the lines that it belongs to",)
    return Diagnostic("NN001", "this line does not fit its block", span, "indented differently", secondary, helps=helps)


def _block(source: Source, at: int, context: int | None, before: str) -> Diagnostic:
    previous = before.rstrip()[-1:]
    if previous in {"]", "}", '"', "'"} and at < len(source.text):
        opener = {"]": "[", "}": "{"}.get(previous, previous)
        label, helps = f"{_STARTS[opener]}", _quote_line(source, at)
        span = _span(source, at, len(_without_comment(_line_parts(source, at)[1])))
        return Diagnostic("NN010", f"text after the closing `{previous}`", span, label, helps=helps)
    character = source.text[at : at + 1]
    if character in {"]", "}"}:
        return Diagnostic("NN001", f"`{character}` closes nothing", _span(source, at), "no bracket is open here")
    if character == ",":
        label, helps = "a comma separates values inside `[…]` and `{…}` only", _quote_line(source, at)
        return Diagnostic("NN001", "a comma stands outside brackets", _span(source, at), label, helps=helps)
    return _indented(source, at, before, context)


def _flow(source: Source, at: int, context: int) -> Diagnostic:
    """A flow collection that goes wrong: never closed, a formula with brackets, or a missing comma."""
    opener = source.text[context : context + 1]
    before, _ = _line_parts(source, at)
    character = source.text[at : at + 1]
    closer, pair = ("]", "[…]") if opener == "[" else ("}", "{…}")
    if source.line_column(at)[0] != source.line_column(context)[0] or not character.strip():
        stop = max(context + 1, len(source.text[:at].rstrip()))
        end = Label(Span(source, min(stop, at), min(stop, at)), "nothing has closed it up to here")
        message = f"`{opener}` is never closed"
        return Diagnostic("NN001", message, _span(source, context), "opened here", (end,), helps=(f"add `{closer}`",))
    previous = before.rstrip()[-1:]
    if character in {"]", "}"}:
        message, label = f"`{character}` does not close `{opener}`", f"`{closer}` is expected before this"
        return Diagnostic("NN001", message, _span(source, at), label, (Label(_span(source, context), "opened here"),))
    if character in {"[", "{"} or previous in {"]", "}"}:
        label = (
            "YAML reads this bracket as a list of its own" if character in {"[", "{"} else "the list ends before this"
        )
        advice = ('quote a formula that holds brackets: `"a[i]"`', "or write this mapping over several lines")
        return Diagnostic("NN001", f"a formula with brackets inside `{pair}`", _span(source, at), label, helps=advice)
    label = "a comma, or the end, is expected before this"
    helps = (f"quote the whole value; {_STARTS[previous]}",) if previous in {'"', "'"} else ()
    return Diagnostic("NN001", f"a comma is missing inside `{pair}`", _span(source, at), label, helps=helps)
