"""Numbers as physicists write them: 0.53265(12), the error in units of the last digit."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

SMALLEST, LARGEST = -4, 6
"""Powers of ten outside this range are written out: 1.234(5)e-07."""


def shorthand(value: float, error: float | None = None) -> str:
    """`value(error)`; the error keeps two digits up to 35 and one above, as the Particle Data Group rounds.

    The digits in brackets count units of the last digit before them. Without an error, or with error zero, the value
    has ten digits. An error that is not finite is named: 0.5(nan).
    """
    mantissa, bracket, exponent = _parts(value, error)
    power = "" if exponent is None else f"e{exponent:+03d}"
    return f"{mantissa}{bracket}{power}"


def latex(value: float, error: float | None = None, digits: int = 10) -> str:
    r"""The same for LaTeX: 1.234(5) \times 10^{-7}; `digits` are those of a number without an error."""
    mantissa, bracket, exponent = _parts(value, error, digits)
    named = {"nan": r"\mathrm{nan}", "inf": r"\infty", "-inf": r"-\infty"}
    head = named.get(mantissa, mantissa)
    if bracket in ("(nan)", "(inf)"):
        bracket = f"({named[bracket[1:-1]]})"
    return f"{head}{bracket}" + ("" if exponent is None else rf" \times 10^{{{exponent}}}")


def plain_number(value: float, digits: int = 6) -> str:
    """A number without an error, to so many digits."""
    mantissa, _, exponent = _bare(value, digits)
    return mantissa if exponent is None else f"{mantissa}e{exponent:+03d}"


def _parts(value: float, error: float | None, digits: int = 10) -> tuple[str, str, int | None]:
    """The mantissa, the bracket with the error, and the power of ten when it is written out."""
    if not math.isfinite(value) or error is None or error == 0:
        return _bare(value, digits)
    if not math.isfinite(error):
        mantissa, _, exponent = _bare(value, 6)
        return mantissa, f"({'nan' if math.isnan(error) else 'inf'})", exponent
    exact, spread = Decimal(repr(float(value))), Decimal(repr(abs(float(error))))
    unit = _unit(spread)
    rounded = exact.quantize(unit, ROUND_HALF_EVEN) if _fits(exact, unit) else exact
    order = max(_order(rounded), _order(spread))
    if SMALLEST <= order < LARGEST and unit <= 1:
        return _signed(rounded, -_order(unit)), f"({_count(spread, unit)})", None
    places = order - _order(unit)
    return _signed(rounded.scaleb(-order), places), f"({_count(spread, unit)})", order


def _unit(spread: Decimal) -> Decimal:
    """The power of ten that the last digit stands for."""
    order = _order(spread)
    leading = spread.scaleb(2 - order)  # 100 .. 999.99
    if leading < Decimal("354.5"):
        digits = 2
    elif leading < Decimal("949.5"):
        digits = 1
    else:
        return Decimal(1).scaleb(order)  # 0.0095 is 0.010: one digit more
    return Decimal(1).scaleb(order - digits + 1)


def _count(spread: Decimal, unit: Decimal) -> int:
    return int((spread / unit).quantize(Decimal(1), ROUND_HALF_EVEN))


def _order(number: Decimal) -> int:
    return number.adjusted() if number else -(10**6)


def _fits(number: Decimal, unit: Decimal) -> bool:
    """Whether the digits down to `unit` are few enough to be rounded to (28 is what Decimal keeps)."""
    return _order(number) - _order(unit) < 27


def _signed(number: Decimal, places: int) -> str:
    text = f"{number:.{max(places, 0)}f}"
    return text.lstrip("-") if not any(digit in text for digit in "123456789") else text


def _bare(value: float, digits: int) -> tuple[str, str, int | None]:
    """A number without an error: no trailing zeros, the power of ten only where it helps."""
    if not math.isfinite(value):
        return str(float(value)), "", None
    if value == 0:
        return "0", "", None
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if SMALLEST <= exponent < LARGEST:
        text = f"{value:.{max(digits - 1 - exponent, 0)}f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text), "", None
    return mantissa.rstrip("0").rstrip("."), "", exponent
