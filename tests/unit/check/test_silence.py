"""Warnings silenced on their line, in every style that a spec can be written in; errors never."""

from __future__ import annotations

import pytest

from nnspec.stages import loads
from nnspec.text.diagnostic import Diagnostic, SpecError

TREE = """\
nnspec: 1
name: demo
let: {{N: 100, sigma: 1}}
model:
  inputs: {{x: R}}
  indices: {{i: N}}
  params:
    a[i]: Normal(0, sigma){0}
    b[i]: Uniform(-pi, pi){1}
  field: phi(x)
  def: sum_i a[i]*cos(x)/sqrt(N)
observables: {{G2: {{correlator: {{n: 2, at: [0, 1]}}}}}}
"""
"""Two warnings: NN491 on line 8, NN493 on line 9."""
BLOCK = """\
nnspec: 1
name: demo
let: {N: 100, sigma: 1}
model: |
  input x in R
  index i in N
  a[i] ~ Normal(0, sigma)  # nnspec: ignore NN491
  b[i] ~ Uniform(-pi, pi)  # nnspec: ignore
  phi(x) = sum_i a[i]*cos(x)/sqrt(N)
observables: {G2: {correlator: {n: 2, at: [0, 1]}}}
"""


def complaints(text: str) -> tuple[Diagnostic, ...]:
    try:
        return loads(text).check().warnings
    except SpecError as error:
        return error.diagnostics


def said(text: str) -> list[tuple[str, int]]:
    """Codes and lines of all complaints."""
    return [(each.code, each.span.source.line_column(each.span.start)[0]) for each in complaints(text) if each.span]


def tree(first: str = "", second: str = "") -> str:
    return TREE.format(first, second)


# ---------------------------------------------------------------- what is silenced
def test_nothing_is_silenced_without_a_comment() -> None:
    assert said(tree()) == [("NN491", 8), ("NN493", 9)]
    assert said(tree("  # NN491 is meant", "  # ignore")) == said(tree())


@pytest.mark.parametrize(
    "comment",
    [
        "  # nnspec: ignore NN491", " #nnspec:ignore NN491", "  # nnspec: ignore",
        "  # nnspec: ignore nn491", "  # nnspec: ignore: NN491", "  # nnspec: ignore NN491  # a variance",
        "  # as in the paper  # nnspec: ignore NN491", "  # nnspec: ignore   ",
    ],
)  # fmt: skip
def test_a_comment_silences_its_line_only(comment: str) -> None:
    assert said(tree(comment)) == [("NN493", 9)]
    assert said(tree(comment).replace("\n", "\r\n")) == [("NN493", 9)]
    assert said("\ufeff" + tree(comment)) == [("NN493", 9)]


def test_two_codes_and_two_lines() -> None:
    flow = 'params: {a: "Normal(0, sigma)", b: "Uniform(-pi, pi)"}%s\n  field: phi(x)\n  def: a*x\n'
    text = tree().replace(tree()[tree().index("params:") : tree().index("observables")], flow)
    assert said(text % "") == [("NN491", 7), ("NN493", 7)]
    for codes in ("NN491, NN493", "NN491 NN493", "NN493,NN491", ""):
        assert said(text % f"  # nnspec: ignore {codes}") == []
    assert said(text % "  # nnspec: ignore NN493") == [("NN491", 7)]
    assert said(tree("  # nnspec: ignore", "  # nnspec: ignore NN493")) == []


def test_comments_of_formulas_in_a_block() -> None:
    assert said(BLOCK) == []
    assert said(BLOCK.replace("ignore NN491", "ignore NN493")) == [("NN491", 7), ("NN499", 7)]
    assert said(BLOCK.replace("  # nnspec: ignore NN491", "")) == [("NN491", 7)]


def test_a_comment_behind_the_sign_of_a_block_is_about_that_line() -> None:
    assert said(BLOCK.replace("model: |", "model: |  # nnspec: ignore")) == [("NN499", 4)]


@pytest.mark.parametrize(
    "density",
    [
        "Normal(0,\n      sigma)  # nnspec: ignore NN491",
        '"Normal(0,\n      sigma)"  # nnspec: ignore NN491',
        "'Normal(0,\n      sigma\n      )'  # nnspec: ignore NN491",
        ">-  \n      Normal(0,\n      sigma)  # nnspec: ignore NN491",
        "|\n      Normal(0,\n      sigma)  # nnspec: ignore NN491\n",
    ],
    ids=["plain", "double", "single", "folded", "literal"],
)
def test_formulas_over_several_lines(density: str) -> None:
    text = tree("", "  # nnspec: ignore").replace("Normal(0, sigma)", density)
    assert said(text) == []
    assert ("NN491", text[: text.index("sigma)" if "sigma)" in text else "sigma\n      )")].count("\n") + 1) in said(
        text.replace("  # nnspec: ignore NN491", "")
    )


@pytest.mark.parametrize(
    "value", ['"a  # nnspec: ignore"', "|\n  text  # nnspec: ignore", ">\n  text  # nnspec: ignore NN491", "a#nnspec:ignore"]
)
def test_prose_is_no_comment(value: str) -> None:
    assert said(tree() + f"doc: {value}\n") == said(tree())


# ---------------------------------------------------------------- errors
def test_errors_are_never_silenced() -> None:
    wrong = tree("  # nnspec: ignore").replace("cos(x)", "cos(y)  # nnspec: ignore NN201, NN493").replace("/sqrt(N)", "")
    assert ("NN201", 11) in said(wrong)


def test_warnings_beside_errors_are_silenced_and_no_comment_is_called_idle() -> None:
    wrong = tree("  # nnspec: ignore NN491").replace("correlator", "corelator")
    assert {code for code, _ in said(wrong)}.isdisjoint({"NN491", "NN499"})


# ---------------------------------------------------------------- comments that do nothing
def idle(comment: str) -> Diagnostic:
    (found,) = [each for each in complaints(tree(comment)) if each.code == "NN499"]
    assert found.level == "warning"
    assert found.span is not None
    return found


def fixed(found: Diagnostic) -> str:
    (fix,) = found.fixes
    assert fix.applicability == "machine"
    assert found.span is not None
    text = found.span.source.text
    for edit in sorted(fix.edits, key=lambda edit: -edit.start):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def test_a_whole_comment_is_deleted() -> None:
    found = idle("  # nnspec: ignore NN493,NN408  # why")
    assert found.path == "model.params"
    assert found.span is not None
    assert found.span.text == "# nnspec: ignore NN493,NN408  # why"
    assert fixed(found) == tree()


@pytest.mark.parametrize(
    ("codes", "span", "left"), [("NN491, NN493", "NN493", "NN491"), ("NN493 NN491", "NN493", "NN491")]
)
def test_one_of_several_codes_is_deleted(codes: str, span: str, left: str) -> None:
    found = idle(f"  # nnspec: ignore {codes}")
    assert found.span is not None
    assert found.span.text == span
    assert fixed(found) == tree(f"  # nnspec: ignore {left}")


def test_a_misspelt_code_silences_nothing() -> None:
    found = idle("  # nnspec: ignore NN49l")
    assert ("NN491", 8) in said(tree("  # nnspec: ignore NN49l"))
    assert any("NN491" in each for each in found.helps) or "no such code" in found.label
    assert not found.fixes
    assert idle("  # nnspec: ignore NN491 because").label == "there is no such code"


def test_a_comment_on_a_line_of_its_own_is_told_where_to_go() -> None:
    (found,) = [each for each in complaints(tree("\n    # nnspec: ignore NN491")) if each.code == "NN499"]
    assert "end of the line of the warning" in found.helps[0]
    assert not found.fixes


def test_the_warning_about_comments_cannot_be_silenced() -> None:
    assert said(tree("  # nnspec: ignore NN491", "  # nnspec: ignore NN493, NN499")) == [("NN499", 9)]


def test_what_was_silenced_is_not_in_the_record() -> None:
    assert loads(tree("  # nnspec: ignore", "  # nnspec: ignore")).check().warnings == ()
