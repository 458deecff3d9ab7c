"""Numbers with their errors in brackets."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.result.format import latex, plain_number, shorthand


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.532649, 0.00012, "0.53265(12)"),
        (-0.532649, 0.00012, "-0.53265(12)"),
        (1.234e-7, 5e-10, "1.234(5)e-07"),
        (0.1, 0.3, "0.10(30)"),
        (1.2, 340, "0.0(34)e+02"),
        (123456, 2300, "1.235(23)e+05"),
        (100000, 35, "100000(35)"),
        (12.34, 1.2, "12.3(12)"),
        (0, 0.1, "0.00(10)"),
        (-0.0001, 0.12, "0.00(12)"),
        (1, 0.0095, "1.000(10)"),
        (9.996, 0.01, "9.996(10)"),
        (3, 0.0354, "3.000(35)"),
        (3, 0.0355, "3.00(4)"),
        (0, 0, "0"),
        (0.25, 0, "0.25"),
        (1 / 3, None, "0.3333333333"),
        (math.nan, 1, "nan"),
        (-math.inf, 1, "-inf"),
        (0.5, math.nan, "0.5(nan)"),
        (0.5, math.inf, "0.5(inf)"),
        (1e-320, 1e-322, "1.000(10)e-320"),
        (1e-9, 1.0, "0.0(10)"),
    ],
)
def test_shorthand(value, error, text):
    assert shorthand(value, error) == text


def test_latex():
    assert latex(0.532649, 0.00012) == "0.53265(12)"
    assert latex(1.234e-7, 5e-10) == r"1.234(5) \times 10^{-7}"
    assert latex(math.nan, 1.0) == r"\mathrm{nan}"
    assert latex(1.0, math.inf) == r"1(\infty)"


def test_plain_numbers():
    assert plain_number(1234567.0, 3) == "1.23e+06"
    assert plain_number(99999.96) == "100000"
    assert plain_number(0.00012345678, 4) == "0.0001235"
    assert plain_number(1e15, 3) == "1e+15"


@given(
    st.floats(-1e30, 1e30, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-30),
    st.floats(1e-12, 1e12),
)
def test_reading_the_text_back_gives_value_and_error_to_half_a_digit(value, error):
    text = shorthand(value, error)
    mantissa, digits, power = re.fullmatch(r"(-?[\d.]+)\((\d+)\)(?:e([+-]\d+))?", text).groups()
    scale = 10.0 ** int(power or 0)
    unit = scale * 10.0 ** -len(mantissa.partition(".")[2])
    assert int(digits) in range(1, 100)
    assert abs(float(mantissa) * scale - value) <= 0.501 * unit + 1e-14 * abs(value)
    assert abs(int(digits) * unit - error) <= 0.15 * error  # 3.55 is shown as 4
