"""Options that only a plugin can have: a word out of a short list."""

from nnspec.check.options import resolve_options
from nnspec.check.scope import Scope
from nnspec.document.fields import Field
from nnspec.document.read import Complaints
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.syntax.yaml_tree import read_text
from nnspec.text.diagnostic import render

PADDING = Field(name="padding", type="word", doc="what is outside", choices=("circular", "zero"))


def complaint(text: str) -> str:
    tree = read_text(text, "options.yaml")
    scope = Scope(words=load_vocabulary((), True), complaints=Complaints())
    options = resolve_options(tree, (PADDING,), "`convolution`", scope, tree.span)
    assert options.complete == (not scope.complaints.found)
    return "\n".join(map(render, scope.complaints.found))


def test_a_word_that_is_near() -> None:
    assert complaint("padding: circluar\n") == """\
error[NN016]: `padding` cannot be `circluar`
  --> options.yaml:1:10
  |
1 | padding: circluar
  |          ^^^^^^^^ not one of its words
  |
  = help: did you mean `circular`?
  = see: nnspec explain NN016"""


def test_a_word_that_is_far() -> None:
    assert "= help: one of `circular`, `zero`" in complaint("padding: none of both\n")


def test_a_word_that_it_has() -> None:
    assert complaint("padding: zero\n") == ""
