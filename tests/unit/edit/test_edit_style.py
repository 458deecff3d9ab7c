"""A model goes from one form to the other and back: the same meaning, every comment, and nothing else touched."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from nnspec.check.experiment import check
from nnspec.edit.style import Style, restyle
from nnspec.edit.tidy import tidy, tidy_file
from nnspec.ir.digest import digest
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.yaml_tree import read_text
from nnspec.text.diagnostic import SpecError
from nnspec.text.source import Source

ROOT = Path(__file__).resolve().parents[3]
FILES = [*sorted((ROOT / "specs").glob("*.yaml")), *sorted((Path(__file__).parent / "specs").glob("*.yaml"))]
COMMENTED = """\
nnspec: 1
name: a
let: {N: 3, d: 2}
model:   # the network
  # about inputs
  inputs: {x: R^d}   # points
  # idx
  indices:  # head of indices
    i: N    # neurons

  params:
    # weights
    # in two lines
    a[i]: "Normal(0, 1/N)"  # "out" # again
    w[i] in R^d:
      # inner
      Normal(0,1)
    'b[i]': 'Normal(0, 1) # in quotes'
  field: phi(x)  # the field
  def: >-   # header
    sum_i a[i]   # first
      *cos(w[i].x   # second
    + b[i])
  # foot one

  # foot two
# not mine
observables:
  G2: {correlator: {n: 2, at: [0, 1]}}
"""
ASKED = "observables: {G2: {correlator: {n: 2, at: [0, 1]}}}\n"
BLOCK = """\
nnspec: 1
name: a
let: {N: 3, d: 2}
model: |  # the network
  # about inputs
  input x in R^d  # points
  # idx
  # head of indices
  index i in N  # neurons
  # weights
  # in two lines
  a[i] ~ Normal(0, 1/N)  # "out" # again
  # inner
  w[i] in R^d ~ Normal(0,1)
  b[i] ~ Normal(0, 1)  # in quotes
  # the field
  # header
  # first
  # second
  phi(x) = sum_i a[i]
      *cos(w[i].x
      + b[i])
  # foot one
  # foot two
# not mine
observables:
  G2: {correlator: {n: 2, at: [0, 1]}}
"""


def styled(text: str, words: Vocabulary, style: Style) -> str:
    return restyle(Source("spec.yaml", text), words, style).text


def meaning(text: str, words: Vocabulary) -> str | None:
    experiment = check(read_text(text), words).experiment
    return digest(experiment) if experiment else None


def comments(text: str) -> list[str]:
    return sorted(word for match in re.findall(r"#.*", text) for word in match.replace("'", "").replace("#", " ").split())


def test_a_tree_becomes_a_block_with_its_comments(words: Vocabulary) -> None:
    assert styled(COMMENTED, words, "block") == BLOCK


def test_comments_survive_there_and_back(words: Vocabulary) -> None:
    there = styled(COMMENTED, words, "block")
    back = styled(there, words, "tree")
    assert comments(COMMENTED) == comments(there) == comments(back)
    assert styled(back, words, "block") == there
    assert meaning(COMMENTED, words) == meaning(there, words) == meaning(back, words) is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_specs_keep_their_meaning_and_all_other_lines(path: Path, words: Vocabulary) -> None:
    text = path.read_text(encoding="utf-8")
    block = styled(text, words, "block")
    tree = styled(block, words, "tree")
    assert styled(styled(tree, words, "block"), words, "tree") == tree
    assert meaning(text, words) == meaning(block, words) == meaning(tree, words)
    assert comments(text) == comments(block) == comments(tree)
    outside = [line for line in text.splitlines() if not line.startswith((" ", "model"))]
    assert outside == [line for line in tree.splitlines() if not line.startswith((" ", "model"))]


def test_several_formulas_were_rewritten(words: Vocabulary) -> None:
    """The test of the test above: it is about models with formulas too."""
    assert sum(styled(path.read_text(), words, "block") != path.read_text() for path in FILES) >= 2
    assert sum(styled(path.read_text(), words, "tree") != path.read_text() for path in FILES) >= 1


def test_the_order_of_a_block_follows_the_file_and_the_tree_has_its_own(words: Vocabulary) -> None:
    text = "nnspec: 1\nname: a\nmodel: |\n  phi(x) = a*x; a ~ Normal(0, 1)\n  input x in R\n"
    tree = styled(text, words, "tree")
    assert tree == (
        "nnspec: 1\nname: a\nmodel:\n  inputs: {x: R}\n  params:\n    a: Normal(0, 1)\n  field: phi(x)\n  def: a*x\n"
    )
    assert "model: |\n  input x in R\n  a ~ Normal(0, 1)\n  phi(x) = a*x\n" in styled(tree, words, "block")


def test_line_ends_and_a_missing_last_one_are_kept(words: Vocabulary) -> None:
    text = "nnspec: 1\r\nname: a\r\nmodel: |\r\n  input x in R\r\n  a ~ Normal(0, 1)  # b\r\n  phi(x) = a*x"
    tree = styled(text, words, "tree")
    assert "\n" not in tree.replace("\r\n", "")
    assert tree.endswith("def: a*x")
    assert "a: Normal(0, 1)  # b\r\n" in tree


@pytest.mark.parametrize(
    ("model", "style", "note"),
    [
        ("{inputs: {x: R}, layers: [{dense: {width: 1, weight: \"Normal(0, 1)\"}}]}", "block", "made of layers"),
        ("{deform: 1}", "block", "it has no field"),
        ("|\n  input x in R\n  let m = 1\n  phi(x) = m*x", "tree", "only a block can say `let`"),
    ],
)  # fmt: skip
def test_what_has_one_form_only_stays(model: str, style: Style, note: str, words: Vocabulary) -> None:
    text = f"nnspec: 1\nname: a\nmodel: {model}\n"
    done = restyle(Source("spec.yaml", text), words, style)
    assert done.text == text
    assert note in done.note


def test_a_vector_or_a_text_in_front_is_quoted(words: Vocabulary) -> None:
    text = f"nnspec: 1\nname: a\nmodel: |\n  input x in R^2\n  a ~ Normal(0, 1)\n  phi(x) = [a, 1].x\n{ASKED}"
    tree = styled(text, words, "tree")
    assert 'def: "[a, 1].x"' in tree
    assert meaning(tree, words) == meaning(text, words) is not None


def test_several_fields_stand_under_def(words: Vocabulary) -> None:
    block = (
        "nnspec: 1\nname: a\nmodel: |\n  input x in R\n  a ~ Normal(0, 1)\n  f(x) = a*x  # first\n  g(x) = f(x)^2\n"
        "  P *= exp(-a^2)\n" + ASKED.replace("n: 2", "field: g, n: 2, density: undeformed")
    )
    tree = styled(block, words, "tree")
    assert "  def:\n    f(x): a*x  # first\n    g(x): f(x)^2\n  deform: exp(-a^2)\n" in tree
    assert styled(tree, words, "block") == block
    assert meaning(tree, words) == meaning(block, words) is not None
    untidy = Source("spec.yaml", tree.replace("a*x", "a * x"))
    assert tidy(untidy, words) == tree


def test_a_fault_in_a_block_is_told(words: Vocabulary) -> None:
    with pytest.raises(SpecError):
        styled("nnspec: 1\nname: a\nmodel: |\n  phi(x) = = 2\n", words, "tree")


def test_files_are_spaced_too(tmp_path: Path, words: Vocabulary) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(COMMENTED)
    tidied = tidy_file(path, words, None, "block")
    assert "w[i] in R^d ~ Normal(0, 1)\n" in tidied.after
    assert path.read_text() == COMMENTED


def test_the_command(nnspec, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(COMMENTED)
    layers = "nnspec: 1\nname: a\nmodel:\n  inputs: {x: R}\n  layers:\n    - dense: {width: 1, weight: \"Normal(0, 1)\"}\n"
    (tmp_path / "b.yaml").write_text(layers)
    assert nnspec("fmt", "--style", "block", "--check", "a.yaml")[:2] == (1, "a.yaml: would change\n")
    assert "+  input x in R^d  # points" in nnspec("fmt", "--style", "block", "--diff", "a.yaml")[1]
    assert nnspec("fmt", "--style", "block", "a.yaml")[0] == 0
    assert nnspec("fmt", "--style", "block", "--check", "a.yaml")[0] == 0
    status, out, err = nnspec("fmt", "--style", "block", "b.yaml")
    assert (status, out, err) == (0, "", "b.yaml: its model is made of layers, which have one form only\n")


def test_what_stands_twice_stays_a_block(words: Vocabulary) -> None:
    text = "nnspec: 1\nname: a\nmodel: |\n  input x in R\n  f(x) = x\n  f(x) = 2*x\n"
    assert "`f(x)` stands twice" in restyle(Source("spec.yaml", text), words, "tree").note


def test_a_fault_in_a_mapping_is_told_where_it_stands(words: Vocabulary) -> None:
    with pytest.raises(SpecError) as caught:
        styled(COMMENTED.replace("Normal(0,1)", "Normal(0,1"), words, "block")
    assert {each.code for each in caught.value.diagnostics} == {"NN102"}


@pytest.mark.parametrize("seed", range(3))
def test_one_edit_gives_a_spec_or_a_complaint_that_is_not_about_formatting(seed: int, words: Vocabulary) -> None:
    dice = random.Random(seed)
    for _ in range(60):
        text = dice.choice((COMMENTED, BLOCK))
        at = dice.randrange(text.index("model:"), len(text))
        text = text[:at] + dice.choice(["", *"#:,[]{}()\n '\"|>~=*+;x1"]) + text[at + dice.randrange(2) :]
        for style in ("tree", "block"):
            try:
                restyle(Source("spec.yaml", text), words, style)  # type: ignore[arg-type]
            except SpecError as error:
                assert "NN730" not in {each.code for each in error.diagnostics}, text
