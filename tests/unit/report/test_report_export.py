"""Exports read back by readers that nnspec did not write: csv, pandas where it is, NumPy, json, and a reader of tabulars."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from nnspec.report.columns import chosen, columns
from nnspec.report.export import export, to_csv, to_npz, write
from nnspec.report.latex_tables import escaped, number, to_latex
from nnspec.result.estimate import Estimate
from nnspec.result.format import latex, shorthand
from nnspec.text.diagnostic import Refused

RANDOM = np.random.default_rng(5)


def made(name: str = "G2", dims: tuple[str, ...] = (), shape: tuple[int, ...] = (), **more: object) -> Estimate:
    value = RANDOM.normal(size=shape)
    given = {"stderr": 0.01 * np.abs(RANDOM.normal(size=shape)) + 1e-4, "draws": 100, **more}
    return Estimate(name=name, word="correlator", method="monte_carlo", value=value, dims=dims, **given)


NUMBER = made("E_0", stderr=None, draws=None, numerical_error=3e-9)
LINE = made("G2", ("r",), (4,), coords={"r": np.array([0.0, 0.1, 0.2, 1e-7])})
BESIDE = made("Gex", ("r",), (4,), coords={"r": np.array([0.0, 0.1, 0.2, 1e-7])}, stderr=None, draws=None, numerical_error=1e-12)
KERNEL = made("K.monte_carlo", ("point", "point_2"), (3, 3), coords={"angle": np.array([0.0, 0.5, 1.0])})
SWEPT = made("S", ("let.N", "layer", "k"), (2, 3, 20), coords={"let.N": np.array([10.0, 20.0]), "k": np.linspace(0, 2, 20)})
CHANGES = [{"let.N": "10", "let.s": "0.5", "numerics.seed": "0"}, {"let.N": "10", "let.s": "0.5", "numerics.seed": "1"},
           {"let.N": "20", "let.s": "0.25", "numerics.seed": "0"}, {"let.N": "20", "let.s": "0.25", "numerics.seed": "1"}]  # fmt: skip
ALL = [NUMBER, LINE, BESIDE, KERNEL, SWEPT]


# ---------------------------------------------------------------- comma-separated values
def rows_of(text: str, name: str) -> list[dict[str, str]]:
    return [row for row in csv.DictReader(io.StringIO(text)) if row["result"] == name]


@pytest.mark.parametrize("estimate", ALL, ids=lambda each: each.name)
def test_csv_keeps_every_digit(estimate):
    rows = rows_of(to_csv(ALL, CHANGES), estimate.name)
    np.testing.assert_array_equal([float(row["value"]) for row in rows], np.ravel(estimate.value))
    if estimate.stderr is None:
        assert {row["stderr"] for row in rows} == {""}
    else:
        np.testing.assert_array_equal([float(row["stderr"]) for row in rows], np.ravel(estimate.stderr))
    assert {float(row["numerical_error"]) for row in rows} == {estimate.numerical_error}
    places = [np.unravel_index(k, np.shape(estimate.value)) for k in range(np.size(estimate.value))]
    for k, dim in enumerate(estimate.dims):
        along = estimate.coords.get(dim, np.arange(1, np.shape(estimate.value)[k] + 1))
        assert [float(row[dim]) for row in rows] == [along[place[k]] for place in places]
    empty = {column for row in rows for column, cell in row.items() if cell == ""} - {"stderr"}
    assert empty.isdisjoint({*estimate.dims, *estimate.coords})


def test_other_coordinates_and_what_moves_along_have_columns():
    text = to_csv(ALL, CHANGES)
    assert [row["angle"] for row in rows_of(text, "K.monte_carlo")][:4] == ["0.0", "0.0", "0.0", "0.5"]
    assert {(row["let.N"], row["let.s"]) for row in rows_of(text, "S")} == {("10.0", "0.5"), ("20.0", "0.25")}
    assert "numerics.seed" not in text, "seeds are averaged over"


def test_swept_words_are_coordinates():
    words = made("S", ("model.act", "let.N"), (2, 2), coords={"let.N": np.array([1.0, 2.0])})
    changes = [{"model.act": act, "let.N": n} for act in ('"relu"', "erf") for n in ("1", "2")]
    assert [(row["model.act"], row["let.N"]) for row in rows_of(to_csv([words], changes), "S")] == [
        ("relu", "1.0"), ("relu", "2.0"), ("erf", "1.0"), ("erf", "2.0"),
    ]  # fmt: skip


def test_points_with_components():
    points = made("T", ("point",), (3,), coords={"point": np.arange(6.0).reshape(3, 2)})
    rows = rows_of(to_csv([points]), "T")
    assert [(row["point"], row["point[1]"], row["point[2]"]) for row in rows] == [("1", "0.0", "1.0"), ("2", "2.0", "3.0"), ("3", "4.0", "5.0")]


def test_csv_through_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(io.StringIO(to_csv(ALL)))
    line = frame[frame["result"] == "G2"]
    np.testing.assert_allclose(line["value"], LINE.value, rtol=4e-16, atol=0)  # pandas reads to the last bit but one
    np.testing.assert_array_equal(line["r"], LINE.coords["r"])
    table = frame[frame["result"] == "K.monte_carlo"].pivot(index="point", columns="point_2", values="value")
    np.testing.assert_allclose(table.to_numpy(), KERNEL.value, rtol=4e-16, atol=0)


def test_texts_with_commas_and_quotes():
    words = made("W", ("act",), (2,), coords={"act": np.array(['relu, "leaky"', "tanh"])})
    assert [row["act"] for row in rows_of(to_csv([words]), "W")] == ['relu, "leaky"', "tanh"]


def test_a_dimension_called_like_a_column():
    odd = made("V", ("value",), (2,))
    assert [row["value_place"] for row in rows_of(to_csv([odd]), "V")] == ["1", "2"]


# ---------------------------------------------------------------- NumPy
def test_npz():
    with np.load(io.BytesIO(to_npz(ALL, CHANGES)), allow_pickle=False) as file:
        for each in ALL:
            np.testing.assert_array_equal(file[each.name], each.value)
            assert (f"{each.name}_stderr" in file.files) is (each.stderr is not None)
            if each.stderr is not None:
                np.testing.assert_array_equal(file[f"{each.name}_stderr"], each.stderr)
            assert float(file[f"{each.name}_numerical_error"]) == each.numerical_error
            assert tuple(file[f"{each.name}_dims"]) == each.dims
        np.testing.assert_array_equal(file["r"], LINE.coords["r"])
        np.testing.assert_array_equal(file["let.s"], [0.5, 0.25])
    assert to_npz(ALL) == to_npz(ALL), "the same bytes"


def test_coordinates_that_differ_have_names_of_their_own():
    other = made("H", ("r",), (2,), coords={"r": np.array([5.0, 6.0])})
    with np.load(io.BytesIO(to_npz([LINE, other]))) as file:
        np.testing.assert_array_equal(file["G2_r"], LINE.coords["r"])
        np.testing.assert_array_equal(file["H_r"], [5.0, 6.0])
        assert "r" not in file.files


def test_two_arrays_of_one_name():
    with pytest.raises(Refused, match="two arrays would be called `G2_stderr`"):
        to_npz([LINE, made("G2_stderr")])


# ---------------------------------------------------------------- LaTeX
def tabulars(text: str) -> list[tuple[str, list[list[str]]]]:
    """The column form and the rows of each tabular; fails on whatever LaTeX would not take."""
    found = []
    for form, body in re.findall(r"\\begin\{tabular\}\{([lr]+)\}\n(.*?)\\end\{tabular\}", text, re.DOTALL):
        lines = body.strip().split("\n")
        assert (lines[0], lines[2], lines[-1]) == (r"\toprule", r"\midrule", r"\bottomrule")
        rows = [line for line in lines if not line.startswith(("\\toprule", "\\midrule", "\\bottomrule"))]
        assert all(row.endswith(r" \\") for row in rows)
        cells = [re.split(r" (?<!\\)& ", row.removesuffix(r" \\")) for row in rows]
        assert {len(row) for row in cells} == {len(form)}
        for cell in itertools_chain(cells):
            assert cell.count("$") in (0, 2)
            assert cell.replace(r"\{", "").count("{") == cell.replace(r"\}", "").count("}")
            if "$" not in cell:
                assert not re.search(r"(?<!\\)[_^#%&]", cell), cell
        found.append((form, cells))
    assert len(found) == text.count(r"\begin{tabular}") == text.count(r"\end{tabular}")
    return found


def itertools_chain(rows):
    return [cell for row in rows for cell in row]


def read(cell: str) -> tuple[float, float | None]:
    r"""The value and the error of `$1.234(5) \times 10^{-7}$`, by their definition."""
    match = re.fullmatch(r"\$(-?\d+)(?:\.(\d+))?(?:\((\d+)\))?(?: \\times 10\^\{(-?\d+)\})?\$", cell)
    assert match, cell
    whole, digits, error, power = match[1], match[2] or "", match[3], int(match[4] or 0)
    unit = Decimal(1).scaleb(power - len(digits))
    return float(Decimal(f"{whole}.{digits or 0}").scaleb(power)), None if error is None else float(int(error) * unit)


def test_tables_say_what_was_measured():
    found = tabulars(to_latex(ALL, CHANGES))
    assert len(found) == 4, "a number, two lines side by side, a kernel, a sweep"
    (_, numbers), (_, lines), (_, kernel), (_, swept) = found
    assert numbers[1][0] == r"E\_0"
    assert abs(read(numbers[1][1])[0] - float(NUMBER.value)) <= 1e-8, "no digits beyond the numerical error, and no fewer"
    assert lines[0] == ["r", "G2", "Gex"]
    for row, value, error, exact, r in zip(lines[1:], LINE.value, LINE.stderr, BESIDE.value, LINE.coords["r"], strict=True):
        shown, spread = read(row[1])
        assert abs(shown - value) <= 0.06 * error * 10
        assert abs(spread - error) <= 0.15 * error
        assert read(row[2]) == (pytest.approx(exact, rel=1e-8), None)
        assert read(row[0])[0] == r
    assert kernel[0] == ["point", r"angle \textbackslash{} point\_2", "$1$", "$2$", "$3$"]
    shown = np.array([[read(cell)[0] for cell in row[2:]] for row in kernel[1:]])
    assert np.max(np.abs(shown - KERNEL.value) / KERNEL.stderr) <= 0.5
    assert swept[0] == ["let.N", "let.s", "layer", "k", "S"]
    assert len(swept) == 1 + 2 * 3 * 20
    assert [read(swept[-1][k])[0] for k in range(4)] == [20, 0.25, 3, 2]


def test_names_are_escaped():
    assert escaped(r"a_b%&#$^~{}\ ") == r"a\_b\%\&\#\$\textasciicircum{}\textasciitilde{}\{\}\textbackslash{} "
    odd = made("a_b%", ("x#",), (2,), coords={"x#": np.array(["re_lu", "50%"])})
    ((form, rows),) = tabulars(to_latex([odd]))
    assert form == "ll"
    assert rows[0] == [r"x\#", r"a\_b\%"]
    assert [row[0] for row in rows[1:]] == [r"re\_lu", r"50\%"]


def shown(value: float, error: float | None, bound: float = 0.0, *, swept: bool = False) -> str:
    return number(value, error, bound, swept=swept, name="G2")


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.532649, 0.00012, "0.53265(12)"),
        (1.2341e-7, 5e-10, r"1.234(5) \times 10^{-7}"),
        (0.5, 0.0, "0.5"),
        (0.5, None, "0.5"),
        (123.4, 9.96, "123(10)"),
        (99.96, 0.0996, "99.96(10)"),
        (9.996, 0.0994, "10.00(10)"),
        (6.02e23, 1e21, r"6.020(10) \times 10^{23}"),
        (1e-300, 2e-302, r"1.000(20) \times 10^{-300}"),
        (1e300, 1e305, r"0.00001(100000) \times 10^{305}"),
        (0.0, 0.0, "0"),
        (-0.0, 1e-3, "0.0000(10)"),
        (-1e-9, 1e-3, "0.0000(10)"),
    ],
)
def test_rounding(value, error, text):
    if value == 1e300:
        text = "".join(latex(value, error))
        assert float(text.partition("(")[0]) <= 1e-4, "an error that drowns the value"
    assert shown(value, error) == f"${text}$"
    if error:
        plain, spread = read(shown(value, error))
        unit = spread / int(re.search(r"\((\d+)\)", text)[1])
        assert abs(plain - value) <= 0.5001 * unit
        assert abs(spread - error) <= 0.5001 * unit
        assert shorthand(value, error).replace("e", r" \times 10^{").count("(") == 1


@pytest.mark.parametrize(("bound", "text"), [(0.0, "0.3333333333"), (1e-5, "0.33333"), (3e-5, "0.3333"), (0.2, "0.3"), (5.0, "0.3")])
def test_no_digits_beyond_the_numerical_error(bound, text):
    assert shown(1 / 3, None, bound) == f"${text}$"


@pytest.mark.parametrize(("value", "error"), [(math.nan, 0.1), (math.inf, None), (0.5, math.nan), (0.5, math.inf), (-math.inf, 1.0)])
def test_what_is_not_finite_is_refused(value, error):
    with pytest.raises(Refused, match="`G2` has an entry that is not a finite number"):
        shown(value, error)


def test_a_point_that_failed_is_a_dash():
    assert shown(math.nan, math.nan, swept=True) == "--"
    with pytest.raises(Refused):
        shown(math.inf, 0.1, swept=True)


# ---------------------------------------------------------------- names, files
def test_names_of_methods_and_of_none():
    both = [replace(KERNEL, name="K.exact"), KERNEL, LINE]
    assert [each.name for each in chosen(both, ["K"], "runs/x")] == ["K.exact", "K.monte_carlo"]
    assert chosen(both, ["K.exact", "K"], "runs/x") == both[:2]
    assert chosen(both, [], "runs/x") == both
    with pytest.raises(Refused) as error:
        chosen(both, ["K.exakt"], "runs/x")
    assert error.value.diagnostic.code == "NN750"
    assert error.value.diagnostic.helps == ("did you mean `K.exact`?",)


def test_columns_of_a_square():
    assert [column.name for column in columns(made("K", ("x", "x_2"), (2, 2), coords={"x": np.array([0.5, 1.5])}))] == ["x", "x_2"]
    assert columns(made("K", ("x", "x_2"), (2, 2), coords={"x": np.array([0.5, 1.5])}))[1].places == (0.5, 1.5)


def test_a_file_is_not_overwritten(tmp_path):
    file = tmp_path / "new" / "results.csv"
    write(b"one", file, force=False)
    with pytest.raises(Refused) as error:
        write(b"two", file, force=False)
    assert error.value.diagnostic.code == "NN751"
    assert file.read_bytes() == b"one"
    write(b"two", file, force=True)
    assert file.read_bytes() == b"two"
    assert [each.name for each in file.parent.iterdir()] == ["results.csv"]
    with pytest.raises(IsADirectoryError):
        write(b"one", tmp_path, force=True)
    write(b"one", Path("/dev/null"), force=False)


SPEC = """
nnspec: 1
name: exported
let: {s: 1}
data: {xs: "linspace(0, 1, 3)"}
model:
  inputs: {x: R}
  params: {a: "Normal(0, s)"}
  field: phi(x)
  def: a*x
functions: {f(x): s*x}
observables:
  F: {evaluate: {of: f, at: xs}}
"""


def nnspec(*words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "nnspec", *words], capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    return done


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(SPEC + "sweep: {grid: {let.s: [1, 2]}}\n")
    assert nnspec("run", "spec.yaml").returncode == 0
    (folder,) = map(str, (tmp_path / "runs").iterdir())
    table = nnspec("export", folder, "--csv")
    assert [(row["let.s"], float(row["value"])) for row in csv.DictReader(io.StringIO(table.stdout))] == [
        ("1.0", 0), ("1.0", 0.5), ("1.0", 1), ("2.0", 0), ("2.0", 1), ("2.0", 2),
    ]  # fmt: skip
    assert json.loads(nnspec("export", folder, "F", "--json").stdout)["results"]["F"]["value"] == [[0, 0.5, 1], [0, 1, 2]]
    assert "$1$ & $2$" in nnspec("export", folder, "--tex").stdout
    assert nnspec("export", folder, "--npz", "-o", "f.npz").returncode == 0
    np.testing.assert_array_equal(np.load("f.npz")["F"], [[0, 0.5, 1], [0, 1, 2]])
    for words, code in ((("G", "--csv"), "NN750"), (("--npz", "-o", "f.npz"), "NN751"), (("--npz",), "NN752")):
        refused = nnspec("export", folder, *words)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"error[{code}]" in refused.stderr
    assert nnspec("export", folder).returncode == 2, "a form must be chosen"
    assert nnspec("export", "spec.yaml", "--csv").returncode == 4


def test_every_form(tmp_path):
    from nnspec.arguments import EXPORTS
    from nnspec.report.export import FORMS
    from nnspec.stages import loads, run

    assert set(FORMS) == set(EXPORTS)
    done = run(loads(SPEC).check(), tmp_path)
    for form in FORMS:
        assert export(form, done.estimates, done.record)
