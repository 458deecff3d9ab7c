"""Every character of a scalar knows its place in the file, in all five styles."""

import random

import pytest

from nnspec.syntax import yaml_offsets
from nnspec.syntax.tree import Leaf
from nnspec.syntax.yaml_tree import read_text
from nnspec.text.diagnostic import SpecError

FORMULAS = {
    "plain": "a: sum_i a[i]*cos(w[i].x + b[i])   # note\n",
    "plain, folded": "a: sum_i a[i]\n    * cos(w[i].x\n\n   + b[i])\nb: 1\n",
    "single": "a: 'x'' + y''''*φ(x)'\n",
    "single, folded": "a: 'x'' +\n\n\n   y\n   * z'\n",
    "double": 'a: "f(\\"draw\\", \\u03c6) + \\x41 \\\\ y"\n',
    "double, folded": 'a: "x +\n  y \\\n   * z\n\n  \\ w"\n',
    "literal": "a: |\n  index i in N   # i\n    deeper\n\n  x\tin R\n",
    "literal, kept": "a: |+\n  x\n\n\nb: 1\n",
    "literal, stripped": "a: |-\n  x\n  y\nb: 1\n",
    "literal, indicator": "a: |2\n    x\n  y\n",
    "folded": "a: >-\n  sqrt(2)\n  * x\n\n  + y\n    deeper\n  z\nb: 2\n",
    "folded, blank first": "a: >\n\n  x\n  y\n",
}


def place_rule(source: str, text: str, offset: int, character: str, following: int) -> None:
    """A character stands in the file as itself, as a fold, or as an escape."""
    if character in " \n":
        assert source[offset] in " \n\r\\\t", text
    elif source[offset] == "\\":
        assert following - offset > 1
    else:
        assert source[offset] == character


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("before", ["", "四: e\u0301\n"])
@pytest.mark.parametrize("name", FORMULAS)
def test_offsets_lead_back_to_the_file(
    name: str, before: str, mark: str, newline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_offsets, "_nearest", None)  # the rules must be enough
    text = mark + (before + FORMULAS[name]).replace("\n", newline)
    leaf = read_text(text).get("a")
    assert isinstance(leaf, Leaf)
    assert leaf.style == name.split(",")[0]
    assert len(leaf.offsets) == len(leaf.text) + 1
    assert list(leaf.offsets) == sorted(leaf.offsets)
    for k, character in enumerate(leaf.text):
        place_rule(text, leaf.text, leaf.offsets[k], character, leaf.offsets[k + 1])
    assert leaf.span_of(0, len(leaf.text)).end <= len(text)


def test_a_span_does_not_reach_over_a_fold() -> None:
    leaf = read_text("a: >-\n  abc\n  def\n").get("a")
    assert isinstance(leaf, Leaf)
    assert leaf.span_of(0, 3).text == "abc"
    assert leaf.span_of(4, 7).text == "def"
    assert leaf.span_of(0, 7).text == "abc\n  def"


def test_random_scalars_are_followed_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No random scalar needs the greedy alignment."""
    monkeypatch.setattr(yaml_offsets, "_nearest", None)
    chance = random.Random(20240229)
    seen = 0
    for _ in range(3000):
        lines = ["".join(chance.choice("ab' (+\t#é四") for _ in range(chance.randrange(6))) for _ in range(4)]
        form = chance.choice(["|", "|-", "|+", ">", ">-", ">+", "'", '"', ""])
        if form in {"'", '"'}:
            body = "\n  ".join(lines).replace("'", "''" if form == "'" else "'")
            text = f"a: {form}{body}{form}\nb: 1\n"
        else:
            text = f"a: {form}\n  " + "\n  ".join(["x", *lines]) + "\nb: 1\n"
        try:
            leaf = read_text(text).get("a")
        except SpecError:  # a random text need not be YAML
            continue
        assert isinstance(leaf, Leaf)
        seen += 1
        for k, character in enumerate(leaf.text):
            place_rule(text, leaf.text, leaf.offsets[k], character, leaf.offsets[k + 1])
    assert seen > 1500
