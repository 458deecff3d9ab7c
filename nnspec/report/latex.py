r"""Expressions and models in LaTeX, for papers: `\frac{1}{N} \sum_{i} a_{i} \cos\left( w_{i} \cdot x \right)`."""

from __future__ import annotations

from nnspec.ir.experiment import Model
from nnspec.ir.expr import Expr
from nnspec.report.boxes import Big, Box, Cases, Fence, Frac, Matrix, Num, Op, Root, Row, Script, Sym, Words
from nnspec.report.model import lines
from nnspec.report.notation import notation

_SIGNS = {"sum": r"\sum", "prod": r"\prod", "mean": r"\operatorname*{mean}", "int": r"\int"}
_BRACKETS = {"‖": r"\|", "⌊": r"\lfloor", "⌋": r"\rfloor", "⟨": r"\langle", "⟩": r"\rangle"}
_SPECIAL = {c: "\\" + c for c in "#$%&_{}"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def latex(node: Expr) -> str:
    """An expression for math mode."""
    return printed(notation(node))


def model_latex(model: Model) -> str:
    """A model as the rows of an `aligned` environment."""
    rows = " \\\\\n  ".join("& " + printed(line) for line in lines(model))
    return f"\\begin{{aligned}}\n  {rows}\n\\end{{aligned}}"


def printed(box: Box) -> str:
    """A box in LaTeX."""
    match box:
        case Sym(text, command):
            return command or text
        case Num(text):
            return text
        case Words(text):
            return rf"\text{{{escaped(text)}}}"
        case Op():
            return _operator(box)
        case Row(items):
            return _joined([printed(item) for item in items])
        case Frac(top, bottom):
            return rf"\frac{{{printed(top)}}}{{{printed(bottom)}}}"
        case Root(body):
            return rf"\sqrt{{{printed(body)}}}"
        case Script(base, sub, sup):
            return _script(base, sub, sup)
        case Fence(left, inner, right):
            opened, closed = _BRACKETS.get(left, left), _BRACKETS.get(right, right)
            return rf"\left{opened} {printed(inner)} \right{closed}"
        case Big(sign, under):
            return rf"{_SIGNS[sign]}_{{{printed(under)}}}"
        case Cases(rows):
            alternatives = r" \\ ".join(_case(value, condition) for value, condition in rows)
            return rf"\begin{{cases}} {alternatives} \end{{cases}}"
        case Matrix(rows):
            entries = r" \\ ".join(" & ".join(printed(entry) for entry in line) for line in rows)
            return rf"\begin{{pmatrix}} {entries} \end{{pmatrix}}"


def escaped(text: str) -> str:
    """Words in which nothing is a command."""
    return "".join(_SPECIAL.get(c, r"\textbackslash{}" if c == "\\" else c) for c in text)


def _operator(op: Op) -> str:
    match op.kind:
        case "prefix":
            return op.latex
        case "comma":
            return op.latex + " "
        case _:
            return f" {op.latex} "


def _script(base: Box, sub: Box | None, sup: Box | None) -> str:
    below = "" if sub is None else f"_{{{printed(sub)}}}"
    above = "" if sup is None else f"^{{{printed(sup)}}}"
    inner = printed(base)
    if isinstance(base, Script | Big):
        inner = f"{{{inner}}}"
    return f"{inner}{below}{above}"


def _case(value: Box, condition: Box | None) -> str:
    when = r"\text{otherwise}" if condition is None else rf"\text{{if }} {printed(condition)}"
    return f"{printed(value)} & {when}"


def _joined(pieces: list[str]) -> str:
    r"""Pieces side by side; a space keeps a command apart from the letter after it."""
    out = ""
    for piece in pieces:
        if out and piece and piece[0].isalpha() and _ends_in_command(out):
            out += " "
        out += piece
    return " ".join(out.split())


def _ends_in_command(text: str) -> bool:
    word = text.rsplit("\\", 1)
    return len(word) == 2 and word[1].isalpha()
