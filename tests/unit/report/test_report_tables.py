"""Tables for the terminal, and numbers for other programs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnspec.report.tables import aligned, tabulate, text_tables, thinned
from nnspec.result.estimate import Estimate

LINES = """\
r    G2                         Gfree        (G2 − Gfree)/se
     monte_carlo, 50\u202f000 draws  quadrature
───  ─────────────────────────  ───────────  ───────────────
0    0.4296(24)                 0.4296       +0.00
0.4  0.1651(19)                 0.1659778    -0.45
0.7  0.1921(16)                 0.1898977    +1.34
1.1  0.0935(14)                 0.09299847   +0.36
1.5  0.0818(12)                 0.08093779   +0.70
1.8  0.0490(11)                 0.0511401    -1.90
2.2  0.0346(11)                 0.03594655   -1.27
2.5  0.0260(10)                 0.0262081    -0.19
2.9  0.0159(10)                 0.01581251   +0.11
3.3  0.0097(10)                 0.01045609   -0.81
3.6  0.0067(9)                  0.006682359  -0.03
4    0.0044(9)                  0.004286748  +0.11
12 of 41 rows; largest |G2 − Gfree|/se: 2.52 at r = 2.6
"""


def test_lines_over_one_axis_stand_side_by_side_with_their_pull(cosnet_results):
    assert text_tables(cosnet_results[:2]) == LINES


def test_a_narrow_terminal_breaks_the_table_and_repeats_the_axis(cosnet_results):
    text = text_tables(cosnet_results[:2], width=40)
    assert max(map(len, text.splitlines()[:-1])) <= 40
    assert sum(line.startswith("r ") for line in text.splitlines()) == 2


def test_warnings_stand_below(cosnet_results):
    assert "warning: S: the window leaks 0.4% into the first mode" in text_tables(cosnet_results)


def test_kernels_are_summarised(relu_results):
    text = text_tables(relu_results)
    assert "K_mc (monte_carlo, 20\u202f000 draws)" in text
    assert "5 × 5 of 33 point × 33 point_2; 0.418144 … 0.6; diagonal 0.6" in text
    assert "se ≤ 0.004" in text


def test_numbers_stand_together():
    numbers = [
        Estimate(
            name=name,
            word="w",
            method="m",
            value=np.asarray(0.532649),
            dims=(),
            stderr=np.asarray(0.00012),
            draws=10**6,
        )
        for name in ("a", "b")
    ]
    (table,) = tabulate(numbers)
    assert table.rows == (
        ("a", "0.53265(12)", "m", "1\u202f000\u202f000"),
        ("b", "0.53265(12)", "m", "1\u202f000\u202f000"),
    )


def test_methods_of_one_observable_are_compared(cosnet_results):
    sampled, exact, _ = cosnet_results
    group = [replace(sampled, name="G.monte_carlo"), replace(exact, name="G.exact"), replace(exact, name="other")]
    (table,) = tabulate(group)
    assert table.head[-1] == "(G.monte_carlo − G.exact)/se"
    assert len(table.head) == 5


def test_unrelated_results_are_not_compared(cosnet_results):
    sampled, exact, _ = cosnet_results
    (table,) = tabulate([sampled, exact, replace(exact, name="other")])
    assert len(table.head) == 4


def test_a_zero_error_gives_no_pull(cosnet_results):
    sampled, exact, _ = cosnet_results
    (table,) = tabulate([replace(sampled, stderr=np.zeros(41)), exact])
    assert {row[-1] for row in table.rows} == {""}


def test_more_dimensions_are_summarised():
    (table,) = tabulate([Estimate(name="T", word="w", method="m", value=np.ones((2, 3, 4)), dims=("a", "b", "c"))])
    assert table.rows == (("2 a × 3 b × 4 c", "1 … 1"),)


def test_thinning_keeps_both_ends():
    assert thinned(41, 12)[0] == 0
    assert thinned(41, 12)[-1] == 40
    assert len(thinned(41, 12)) == 12
    assert thinned(3, 12) == [0, 1, 2]


def test_points_stand_below_each_other():
    assert aligned(["10.5", "-1.25(3)", "3"]) == ["10.5", "-1.25(3)", " 3"]
    assert aligned(["word", "1"]) == ["word", "1"]
