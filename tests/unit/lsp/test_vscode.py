"""The extension for Visual Studio Code: its files are sound, and its grammar knows the words of the language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nnspec.check.scope import DOMAINS
from nnspec.ir.functions import CONSTANTS, FUNCTIONS, OF_RESULTS
from nnspec.plugin.vocabulary import load_vocabulary

FOLDER = Path(__file__).parents[3] / "editors" / "vscode"
GRAMMAR = json.loads((FOLDER / "syntaxes" / "nnspec.tmLanguage.json").read_text(encoding="utf-8"))
RULES = GRAMMAR["repository"]


def rules(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from rules(each)


def scopes(formula: str) -> dict[str, str]:
    """The scope of each piece of a formula, as an editor would find it: leftmost match first, then the first rule."""
    found: dict[str, str] = {}
    names = [each["include"][1:] for each in RULES["formula"]["patterns"]]
    at = 0
    while True:
        matches = [
            (m.start(), k, m)
            for k, name in enumerate(names)
            if (m := re.compile(RULES[name]["match"]).search(formula, at))
        ]
        if not matches:
            return found
        _, k, match = min(matches, key=lambda each: each[:2])
        rule = RULES[names[k]]
        if "name" in rule:
            found[match[0]] = rule["name"].split(".nnspec")[0]
        for group, scope in rule.get("captures", {}).items():
            found[match[int(group)]] = scope["name"].split(".nnspec")[0]
        at = max(match.end(), at + 1)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.json")), ids=lambda path: path.name)
def test_files_are_json(path):
    assert isinstance(json.loads(path.read_text(encoding="utf-8")), dict)


def test_expressions_compile():
    found = [
        (key, rule[key])
        for rule in rules(GRAMMAR)
        for key in ("match", "begin", "end", "while")
        if isinstance(rule.get(key), str)
    ]
    assert len(found) >= 12
    for key, pattern in found:
        assert key == "while" or not re.compile(pattern).match("")  # what matches nothing would match for ever


def test_every_rule_that_is_included_exists():
    included = {rule["include"] for rule in rules(GRAMMAR) if "include" in rule}
    assert included - {"source.yaml"} <= {f"#{name}" for name in RULES}


def test_package_names_files_that_exist():
    package = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    contributes = package["contributes"]
    paths = [package["main"], contributes["languages"][0]["configuration"], contributes["grammars"][0]["path"]]
    assert all((FOLDER / path).exists() for path in paths)
    assert contributes["grammars"][0]["scopeName"] == GRAMMAR["scopeName"]
    assert re.match(contributes["languages"][0]["firstLine"], "nnspec: 1")
    assert contributes["configuration"]["properties"]["nnspec.command"]["default"] == ["nnspec", "lsp"]


def test_words_of_the_language_are_in_the_grammar():
    words = load_vocabulary(no_plugins=True)
    for rule, taught in [
        ("function", (*FUNCTIONS, *OF_RESULTS, "integral", "vol")),
        ("domain", DOMAINS), ("constant", CONSTANTS), ("density", words.words("densities")),
    ]:  # fmt: skip
        pattern = re.compile(RULES[rule]["match"])
        assert [word for word in taught if not pattern.match(f"{word}(")] == []


def test_a_formula_in_colour():
    found = scopes(
        "sqrt(2*vol(Ball(d, Lam)) / s2) * sum_i a[i]*cos(w[i].x + b[i]) + 1.5e-3 if m > pi else Normal(0, 1) + f(x)"
    )
    assert found["sqrt"] == found["vol"] == found["cos"] == "support.function"
    assert found["sum_"] == "keyword.operator.sum"
    assert found["i"] == "variable.parameter.index"
    assert found["a"] == found["w"] == "variable.other"
    assert found["Ball"] == "support.type.domain"
    assert found["1.5e-3"] == found["2"] == "constant.numeric"
    assert found["pi"] == "constant.language"
    assert found["if"] == found["else"] == "keyword.control"
    assert found["Normal"] == "support.class.density"
    assert found["f"] == "entity.name.function"
    assert "s2" not in found
    assert scopes("Σi φ(x')²") == {
        "Σ": "keyword.operator.sum", "i": "variable.parameter.index", "φ": "entity.name.function", "²": "constant.numeric",
    }  # fmt: skip
