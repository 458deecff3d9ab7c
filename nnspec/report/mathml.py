"""Expressions and models in MathML, which browsers draw by themselves: no script, no font, no network."""

from __future__ import annotations

from html import escape

from nnspec.ir.experiment import Model
from nnspec.ir.expr import Expr
from nnspec.report.boxes import Big, Box, Cases, Fence, Frac, Matrix, Num, Op, Root, Row, Script, Sym, Words
from nnspec.report.latex import printed
from nnspec.report.model import lines
from nnspec.report.notation import notation

_SIGNS = {"sum": "∑", "prod": "∏", "int": "∫"}
_SPACES = {"binary": "0.2222em", "relation": "0.2778em"}


def mathml(node: Expr) -> str:
    """An expression as an inline `<math>` element, with its LaTeX for those who cannot see it."""
    return element(notation(node))


def model_mathml(model: Model) -> str:
    """A model as displayed `<math>` elements, one for each line."""
    return "\n".join(element(line, display=True) for line in lines(model))


def element(box: Box, *, display: bool = False) -> str:
    """A box as a `<math>` element; wide formulas are drawn with limits above and below."""
    how = ' display="block"' if display else ""
    return f'<math{how} aria-label="{escape(printed(box))}">{drawn(box)}</math>'


def drawn(box: Box) -> str:
    """A box in presentation MathML."""
    match box:
        case Sym(text):
            slanted = text.isascii() or "α" <= text <= "ϵ"  # capital Greek and signs stand upright, as in LaTeX
            upright = ' mathvariant="normal"' if len(text) == 1 and not slanted else ""
            return f"<mi{upright}>{escape(text)}</mi>"
        case Num(text):
            return f"<mn>{escape(text)}</mn>"
        case Words(text):
            return f"<mtext>{escape(text)}</mtext>"
        case Op():
            return _operator(box)
        case Row(items):
            return f"<mrow>{''.join(drawn(item) for item in items)}</mrow>"
        case Frac(top, bottom):
            return f"<mfrac>{drawn(top)}{drawn(bottom)}</mfrac>"
        case Root(body):
            return f"<msqrt>{drawn(body)}</msqrt>"
        case Script(base, sub, sup):
            return _script(base, sub, sup)
        case Fence(left, inner, right):
            return f"<mrow>{_bracket(left, 'prefix')}{drawn(inner)}{_bracket(right, 'postfix')}</mrow>"
        case Big():
            return _big(box)
        case Cases(rows):
            alternatives = "".join(_case(value, condition) for value, condition in rows)
            return f'<mrow>{_bracket("{", "prefix")}<mtable columnalign="left left">{alternatives}</mtable></mrow>'
        case Matrix(rows):
            cells = "".join(f"<mtr>{''.join(f'<mtd>{drawn(entry)}</mtd>' for entry in line)}</mtr>" for line in rows)
            return f"<mrow>{_bracket('(', 'prefix')}<mtable>{cells}</mtable>{_bracket(')', 'postfix')}</mrow>"


def _operator(op: Op) -> str:
    if op.kind == "space":
        return f'<mspace width="{"1em" if op.text == chr(0x2003) else "0.1667em"}"></mspace>'
    if op.kind == "comma":
        return f'<mo separator="true" lspace="0" rspace="0.1667em">{op.text}</mo>'
    space = _SPACES.get(op.kind, "0")
    return f'<mo lspace="{space}" rspace="{space}">{escape(op.text)}</mo>'


def _bracket(sign: str, form: str) -> str:
    return f'<mo form="{form}" stretchy="true" lspace="0" rspace="0">{escape(sign)}</mo>'


def _script(base: Box, sub: Box | None, sup: Box | None) -> str:
    inner = drawn(base)
    if sub is not None and sup is not None:
        return f"<msubsup>{inner}{drawn(sub)}{drawn(sup)}</msubsup>"
    if sub is not None:
        return f"<msub>{inner}{drawn(sub)}</msub>"
    return f"<msup>{inner}{drawn(sup)}</msup>" if sup is not None else inner


def _big(box: Big) -> str:
    under = drawn(box.under)
    if box.sign == "int":
        return f'<msub><mo largeop="true" lspace="0" rspace="0.1em">∫</mo>{under}</msub>'
    if box.sign == "mean":
        return f"<munder><mo>mean</mo>{under}</munder>"
    how = 'largeop="true" movablelimits="true" lspace="0.1em" rspace="0"'
    return f"<munder><mo {how}>{_SIGNS[box.sign]}</mo>{under}</munder>"


def _case(value: Box, condition: Box | None) -> str:
    otherwise = "<mtext>otherwise</mtext>"
    when = otherwise if condition is None else f"<mrow><mtext>if&#160;</mtext>{drawn(condition)}</mrow>"
    return f"<mtr><mtd>{drawn(value)}</mtd><mtd>{when}</mtd></mtr>"
