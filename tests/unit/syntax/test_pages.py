"""The bad example of each page of this room gives its code, and the good one gives nothing."""

import pytest

from nnspec.syntax.expr_parse import parse_expr, parse_name
from nnspec.syntax.tree import Leaf, Mapping
from nnspec.syntax.yaml_tree import read_text
from nnspec.text.catalogue import codes, page
from nnspec.text.diagnostic import SpecError

YAML = ["NN001", "NN002", "NN003", "NN005", "NN006", "NN007", "NN008", "NN009", "NN010", "NN013"]
FORMULA = [code for code in codes() if code.startswith("NN1")]


def read(text: str) -> None:
    tree = read_text(text)
    definition, constants = tree.get("def"), tree.get("let")
    if isinstance(definition, Leaf):
        parse_expr(definition)
    if isinstance(constants, Mapping):
        for entry in constants.entries:
            parse_name(entry.key)


@pytest.mark.parametrize("code", YAML + FORMULA)
def test_the_examples_of_a_page_are_true(code: str) -> None:
    found = page(code)
    assert found is not None
    with pytest.raises(SpecError) as caught:
        read(found.bad)
    assert {diagnostic.code for diagnostic in caught.value.diagnostics} == {code}
    read(found.good)
