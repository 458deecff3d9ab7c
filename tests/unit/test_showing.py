"""Run folders drawn again: the same bytes from what lies there, clear refusals, and nothing written over."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nnspec
from nnspec.cli import main
from nnspec.report.gallery import CannotShow
from nnspec.showing import opened, plot, report

SPEC = """\
nnspec: 1
name: waves
doc: "<script>alert(1)</script> two fields & their kernel"
let: {N: 4, s: 1}
data: {r: "linspace(0, 2, 5)", o: [0]}
functions:
  g(x, y): s*exp(-(x - y)^2/2)
model:
  inputs: {x: R}
  indices: {i: N}
  params:
    a[i]: Normal(0, s/N)
    w[i]: Normal(0, 1)
    b[i]: Uniform(-pi, pi)
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])
observables:
  G2: {correlator: {n: 2, from: o, along: r, draws: 640}}
  Gex: {evaluate: {of: g, from: o, along: r}}
  K: {correlator: {n: 2, at: r, draws: 640}}
  one: {correlator: {n: 2, at: [0], draws: 640}}
plots:
  both: {lines: {x: r, y: [G2, Gex], residuals: Gex}}
  entries: {histogram: {of: K, bins: 8}}
"""
DROPPED = ("  K: {correlator", "  entries: {histogram", "  both: {lines")
SWEEP = "\n".join(line for line in SPEC.splitlines() if not line.startswith(DROPPED)) + """
  tail: {lines: {x: let.N, y: one, color: let.s, logx: true}}
  map: {heatmap: {of: one, x: let.N, y: let.s}}
sweep:
  grid: {let.N: [4, 8], let.s: [1, 2]}
  checks: ["max(max(abs(G2 - Gex))) < 10"]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a run and that of a sweep."""
    out = tmp_path_factory.mktemp("runs")
    return nnspec.loads(SPEC).run(out).path, nnspec.loads(SWEEP).run(out).path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "plots").iterdir())


def test_every_picture_is_there_in_every_form(made: tuple[Path, Path]) -> None:
    run, sweep = made
    assert names(run) == sorted(f"{name}.{form}" for name in ("both", "entries") for form in ("svg", "pdf", "png"))
    own = {name.split(".")[0] for name in names(sweep)}
    assert own == {"tail", "map", "G2", "Gex"}


@pytest.mark.parametrize("which", [0, 1], ids=["run", "sweep"])
def test_what_is_made_again_has_the_same_bytes(made: tuple[Path, Path], which: int) -> None:
    folder = made[which]
    before = contents(folder)
    shown = opened(folder)
    assert shown.doubt == ""
    plot(shown)
    report(shown)
    assert contents(folder) == before


def test_a_sweep_has_its_points_on_the_page(made: tuple[Path, Path]) -> None:
    _, sweep = made
    page = (sweep / "report.html").read_text(encoding="utf-8")
    record = json.loads((sweep / "run.json").read_text(encoding="utf-8"))
    links = re.findall(r'href="(points/[^"]*)"', page)
    assert links == [f"points/{point['folder']}/report.html" for point in record["points"]]
    assert all((sweep / link).is_file() for link in links)
    assert "<code>max(max" not in page, "claims of the sweep are formulas"
    one = nnspec.open_run(sweep)["one"]
    rows = re.findall(r"<tr>(.*?)</tr>", page.partition('id="points"')[2].partition("</table>")[0])[1:]
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in rows]
    assert [row[:2] for row in cells] == [["4", "1"], ["4", "2"], ["8", "1"], ["8", "2"]]
    column = [row[2] for row in cells]
    for text, value in zip(column, one.value.ravel(), strict=True):
        assert float(text.partition("(")[0]) == pytest.approx(value, abs=0.06)


def test_the_page_of_a_sweep_elsewhere_still_finds_its_points(made: tuple[Path, Path], tmp_path: Path) -> None:
    _, sweep = made
    page = report(opened(sweep), out=tmp_path / "page.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"#]*/report.html)"', page)
    assert len(links) == 4
    assert all((tmp_path / link).resolve().is_file() for link in links)


def test_words_of_the_spec_are_escaped(made: tuple[Path, Path]) -> None:
    for folder in made:
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert page.count("<script") == 1
        assert "&lt;script&gt;alert(1)" in page


# ---------------------------------------------------------------- the commands
def test_one_plot_in_one_form(made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, _ = made
    file = tmp_path / "figure.pdf"
    assert main(["plot", str(run), "both", "-o", str(file)]) == 0
    assert capsys.readouterr().out == f"wrote {file}\n"
    assert file.read_bytes() == (run / "plots" / "both.pdf").read_bytes()
    assert main(["plot", str(run), "both", "--format", "png"]) == 0
    assert capsys.readouterr().out == f"wrote {run / 'plots' / 'both.png'}\n"


def test_a_plot_that_is_not_there(made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", str(made[0]), "bth"]) == 2
    told = capsys.readouterr().err
    assert "error[NN722]: the run has no plot `bth`" in told
    assert "did you mean `both`?" in told
    assert "plots here: `both`, `entries`" in told


def test_two_plots_do_not_go_into_one_file(made: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(CannotShow, match="which plot"):
        plot(opened(made[0]), out=tmp_path / "a.pdf")


def test_a_file_that_does_not_say_its_form(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", str(made[0]), "both", "-o", str(tmp_path / "a.eps")]) == 2
    assert "NN724" in capsys.readouterr().err
    assert main(["plot", str(made[0]), "both", "-o", str(tmp_path / "a"), "--format", "svg"]) == 0
    assert b"<svg" in (tmp_path / "a").read_bytes()


@pytest.mark.parametrize("words", [["plot", "both"], ["report"]], ids=lambda words: words[0])
def test_nothing_is_written_over(
    made: tuple[Path, Path], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.svg"
    mine.write_text("mine")
    command = [words[0], str(made[0]), *words[1:], "-o", str(mine)]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "NN723" in told
    assert "--force" in told
    assert mine.read_text() == "mine"
    assert main([*command, "--force"]) == 0
    assert mine.read_text(encoding="utf-8") != "mine"


@pytest.mark.parametrize("verb", ["plot", "report"])
def test_what_is_no_run_folder(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, str(tmp_path)]) == 4
    told = capsys.readouterr().err
    assert "error[NN720]: no such file or directory" in told
    assert "give the folder of a run" in told


def test_a_spec_that_was_edited_afterwards_is_told(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "copy"
    for name, content in contents(made[0]).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    text = (folder / "resolved.yaml").read_text(encoding="utf-8")
    (folder / "resolved.yaml").write_text(text.replace("bins: 8", "bins: 9"), encoding="utf-8")
    assert main(["plot", str(folder), "entries"]) == 0
    assert capsys.readouterr().err == "", "plots are no part of the meaning"
    assert (folder / "plots" / "entries.svg").read_bytes() != (made[0] / "plots" / "entries.svg").read_bytes()
    (folder / "resolved.yaml").write_text(text.replace("Normal(0, 1)", "Normal(0, 2)"), encoding="utf-8")
    assert main(["report", str(folder)]) == 0
    assert "no longer means what was computed" in capsys.readouterr().err
    assert "no longer means what was computed" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_run_without_a_report_draws_nothing(tmp_path: Path) -> None:
    """Neither pictures nor the library that draws them; and both can be had later."""
    code = (
        "import sys, nnspec; "
        f"print(nnspec.loads({SPEC + 'output: {report: false}'!r}).run({str(tmp_path)!r}).path); "
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    path, drawn = done.stdout.split()
    assert drawn == "False"
    assert not (Path(path) / "report.html").exists()
    report(opened(path))
    assert (Path(path) / "report.html").exists()
