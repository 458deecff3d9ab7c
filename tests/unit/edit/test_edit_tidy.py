"""Formulas are spaced in one way; nothing else is touched, and the meaning never changes."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnspec.check.experiment import check
from nnspec.edit import tidy as room
from nnspec.edit.places import places
from nnspec.edit.tidy import tidy
from nnspec.ir.digest import digest
from nnspec.plugin.vocabulary import Vocabulary, load_vocabulary
from nnspec.syntax.expr_parse import leaf_of
from nnspec.syntax.expr_scan import scan
from nnspec.syntax.show import show
from nnspec.syntax.yaml_tree import read_text
from nnspec.text.diagnostic import Edit, SpecError
from nnspec.text.source import Source

ROOT = Path(__file__).resolve().parents[3]
FILES = [*sorted((ROOT / "specs").glob("*.yaml")), *sorted((Path(__file__).parent / "specs").glob("*.yaml"))]
WORD = re.compile(r"\w|'")


def meaning(text: str, words: Vocabulary) -> str | None:
    experiment = check(read_text(text), words).experiment
    return digest(experiment) if experiment else None


def formatted(text: str, words: Vocabulary, spelling: room.Spelling | None = None) -> str:
    return tidy(Source("spec.yaml", text), words, spelling)


def one(formula: str, words: Vocabulary, spelling: room.Spelling | None = None) -> str:
    """A formula as it comes out of a spec."""
    before, after = "functions:\n  F(x): ", "  # as it was\n"
    return formatted(f"{before}{formula}{after}", words, spelling).removeprefix(before).removesuffix(after)


def comments(text: str) -> list[str]:
    return re.findall(r"#.*", text)


# ---------------------------------------------------------------- one formula
@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("a+b", "a + b"),
        ("a  *  b/c", "a*b/c"),
        ("2*- x ^ 2", "2*-x^2"),
        ("f( x,y )", "f(x, y)"),
        ("1e5+2.0*1_000", "1e5 + 2.0*1_000"),
        ("((a+b))*c", "(a + b)*c"),
        ("((a+b)*c)", "(a + b)*c"),
        ("(a*b) + (c)", "a*b + c"),
        ("a + (b + c)", "a + (b + c)"),
        ("f((x))", "f(x)"),
        ("f((x,y))", "f((x, y))"),
        ("sum_{i} a[i]", "sum_i a[i]"),
        ("sum_{i,j} a[i,j]", "sum_{i, j} a[i, j]"),
        ("Σ_i  a[i]·x²", "Σ_i a[i]·x²"),
        ("φ**2≤1", "φ**2 ≤ 1"),
        ("a if b else(c)", "a if b else c"),
        ("not(a)and b", "not a and b"),
        ("'(x)'", "'x'"),
        ('" x+y "', '"x + y"'),
        ("'x''+y'", "'x'' + y'"),
        ("integral(f(y),y in Box(-1,1)^2)", "integral(f(y), y in Box(-1, 1)^2)"),
    ],
)
def test_a_formula_is_spaced_as_it_is_printed(written: str, wanted: str, words: Vocabulary) -> None:
    assert one(written, words) == wanted
    assert one(wanted, words) == wanted


@pytest.mark.parametrize("formula", ['("mup")', "([1, 2])", "(null)"])
def test_parentheses_that_yaml_needs_stay(formula: str, words: Vocabulary) -> None:
    assert one(formula, words) == formula


def test_escapes_and_words_in_another_order_are_left_alone(words: Vocabulary) -> None:
    for formula in (r'"\u03c6+x"', "integral(y in Ball(1,2),y)"):
        assert one(formula, words) == formula


@pytest.mark.parametrize(
    ("ascii", "signs"),
    [
        ("sigma_w^2*phi(x)", "σ_w²*φ(x)"),
        ("x^-1 + x^-n", "x⁻¹ + x^-n"),
        ("x^2^3 + x^4! + 2^x^2", "x^2³ + x^4! + 2^x²"),
        ("w[i].x <= 2*pi", "w[i]·x ≤ 2*π"),
        ("a >= b", "a ≥ b"),
        ("a != Lambda0", "a ≠ Λ0"),
        ("alphabet*sub_beta*mu2", "alphabet*sub_β*μ2"),
        ("a . 5", "a · 5"),
        ("exp(sigma')", "exp(σ')"),
        ("1.5^2.0 == x", "1.5^2.0 == x"),
    ],
)
def test_two_spellings(ascii: str, signs: str, words: Vocabulary) -> None:
    assert one(ascii, words, "unicode") == signs
    assert one(signs, words, "unicode") == signs
    assert one(signs, words, "ascii") == ascii
    assert one(ascii, words, "ascii") == ascii


def test_signs_that_are_only_read_are_spelt_out(words: Vocabulary) -> None:
    assert one("∑_i a[i] + ∏{i} √(b) + ∫(ϕ, y in ℝ) - ∞", words, "ascii") == (
        "sum_i a[i] + prod_i sqrt(b) + integral(phi, y in R) - inf"
    )


def test_results_keep_their_names(words: Vocabulary) -> None:
    text = "observables:\n  phi: {correlator: {n: 2}}\nchecks:\n  - phi.exact < sigma\n"
    assert formatted(text, words, "unicode") == text.replace("sigma", "σ")


# ---------------------------------------------------------------- whole specs
def test_the_small_spec(spec: str, words: Vocabulary) -> None:
    after = formatted(spec, words)
    assert after.splitlines()[7].endswith("linspace(0, 2, 3)     # three points")
    for line in ("let: {N: 100, s2: 1.0, sigma_w: 1e0}   # kept as they are", "  xs:   linspace(0, 2, 3)     # three points",
                 "    w[i]: Normal(0, sigma_w^2)", '    b[i]: "Uniform(-pi, pi)"', "    a[i]: 'Normal(0, s2/N)'",
                 "  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])", "  K(x, y): s2*exp(-(x - y)^2/2)",
                 "  - max(abs(G2 - Gex)) <= 5*max(se(G2))", "  G2:  {correlator: {n: 2, at: xs, draws: 1_000}}"):  # fmt: skip
        assert line in after.splitlines()
    assert len(after.splitlines()) == len(spec.splitlines())
    assert meaning(after, words) == meaning(spec, words) is not None


@pytest.mark.parametrize("spelling", ["unicode", "ascii"])
def test_a_spelling_keeps_the_digest_and_can_be_undone(spelling: room.Spelling, spec: str, words: Vocabulary) -> None:
    there = formatted(spec, words, spelling)
    assert meaning(there, words) == meaning(spec, words) is not None
    assert formatted(there, words, spelling) == there
    assert formatted(there, words, "ascii") == formatted(spec, words)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("spelling", [None, "unicode", "ascii"])
def test_formatting_twice_is_formatting_once(path: Path, spelling: room.Spelling | None, words: Vocabulary) -> None:
    text = path.read_text(encoding="utf-8")
    once = formatted(text, words, spelling)
    assert formatted(once, words, spelling) == once
    assert meaning(once, words) == meaning(text, words)
    if spelling is None:
        assert comments(once) == comments(text)


def test_both_specs_of_the_project_have_a_meaning(words: Vocabulary) -> None:
    assert all(meaning(path.read_text(encoding="utf-8"), words) for path in FILES[:2])


def shaken(text: str, words: Vocabulary, luck: random.Random) -> str:
    """The spec with other blanks in its formulas, and with parentheses around some of its numbers."""
    edits: list[Edit] = []
    for place in places(read_text(text), words):
        leaf, block = place.leaf, place.kind == "block"
        lines = "\n" in leaf.span.text
        for formula in scan(leaf, block=block):
            broken = False
            for k, (a, b) in enumerate(zip(formula.tokens, formula.tokens[1:], strict=False)):
                start, end = leaf.offsets[a.end], leaf.offsets[b.start]
                hanging, broken = broken, "\n" in text[start:end]
                fixed = broken or a.kind == "big" or (k == 0 and a.text == "-") or (block and b.text in "~=")
                if not fixed and not (hanging and a.kind == "operator"):
                    needed = 1 if WORD.match(a.text[-1]) and WORD.match(b.text[0]) else 0
                    if "." not in a.text + b.text:
                        edits.append(Edit(start, end, " " * luck.randint(needed, 3)))
            numbers = [token for token in formula.tokens if token.kind == "number" and not lines]
            for token in numbers:
                if luck.random() < 0.3:
                    edits += [Edit(leaf.offsets[token.start], leaf.offsets[token.start], "("),
                              Edit(leaf.offsets[token.end], leaf.offsets[token.end], ")")]  # fmt: skip
    return apply(text, edits)


def apply(text: str, edits: list[Edit]) -> str:
    """Insertions belong to the token that they touch: `)` before a blank, `(` behind it."""
    order = {")": 0, "": 1, "(": 2}
    done, out = 0, ""
    for edit in sorted(edits, key=lambda e: (e.start, order.get(e.text, 1), e.end)):
        out += text[done : edit.start] + edit.text
        done = max(done, edit.end)
    return out + text[done:]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_random_blanks_and_parentheses_are_undone(path: Path, seed: int) -> None:
    words = load_vocabulary((), True)
    text = path.read_text(encoding="utf-8")
    other = shaken(text, words, random.Random(seed))
    after = formatted(other, words)
    assert after == formatted(text, words)
    assert formatted(after, words) == after
    assert comments(after) == comments(text)
    assert meaning(after, words) == meaning(text, words)


def test_the_shaking_shakes(words: Vocabulary) -> None:
    for path in FILES[:2]:
        text = path.read_text(encoding="utf-8")
        assert shaken(text, words, random.Random(1)) != text


# ---------------------------------------------------------------- never another meaning
def test_two_spellings_of_one_name_are_refused(words: Vocabulary) -> None:
    with pytest.raises(SpecError) as caught:
        formatted("let: {φ: 1, phi: 2}\n", words, "ascii")
    assert [each.code for each in caught.value.diagnostics] == ["NN730"]
    assert caught.value.diagnostics[0].notes == ("NN002: `phi` is given twice",)


@pytest.mark.parametrize("wrong", ["100", "s2"])
def test_an_edit_that_changes_a_formula_is_refused(
    wrong: str, spec: str, words: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mutant of the formatter."""
    at = spec.index(wrong)
    edit = Edit(at, at + len(wrong), f"{wrong}9")
    monkeypatch.setattr(room, "respace", lambda place, node: [edit] if place.leaf.span.start == at else [])
    with pytest.raises(SpecError) as caught:
        formatted(spec, words)
    assert [each.code for each in caught.value.diagnostics] == ["NN730"]


def test_the_printer_is_the_one_of_the_language(words: Vocabulary) -> None:
    """Every formula of the small specs that stands in one line, and has no sign, is printed as `show` prints it."""
    seen = 0
    for path in FILES:
        text = formatted(path.read_text(encoding="utf-8"), words)
        for place in places(read_text(text), words):
            if place.kind == "expr" and "\n" not in place.leaf.span.text:
                assert place.leaf.text == show(place.parse())
                seen += 1
    assert seen > 150
    assert scan(leaf_of("a"))
