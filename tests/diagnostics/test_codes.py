"""Every code has a page whose examples are true, and something that shows its text; no page is left over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnspec.run.execute import ComputingError, NotYet
from nnspec.stages import loads, run
from nnspec.text.catalogue import codes, page
from nnspec.text.diagnostic import SpecError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCES = [path for room in ("nnspec", "plugins") for path in (ROOT / room).rglob("*.py")]

NOT_FROM_A_SPEC = {
    "NN004": "a file of more than a megabyte",
    "NN507": "layers as a formula, which another command writes",
    "NN707": "an option of the command line",
    "NN720": "the operating system refuses",
    "NN721": "a file in a run folder is damaged",
    "NN722": "drawing, which is done by another command",
    "NN723": "a file that is there",
    "NN724": "drawing, which is done by another command",
    "NN725": "the disk is full",
    "NN726": "a run folder of a newer version",
    "NN727": "a run folder that was moved",
    "NN730": "formatting, which is done by another command",
    "NN731": "beginning something new, which is done by another command",
    "NN732": "beginning something new, which is done by another command",
    "NN733": "comparing, which is done by another command",
    "NN809": "an option of the command line",
    "NN750": "exporting, which is done by another command",
    "NN751": "exporting, which is done by another command",
    "NN752": "exporting, which is done by another command",
    "NN760": "the cache, which another command looks after",
    "NN902": "a plugin with a fault",
    "NN903": "two plugins",
    "NN904": "a plugin for another interface",
    "NN905": "a plugin with a fault",
    "NN906": "a plugin with a fault",
    "NN907": "an installation that is none",
    "NN908": "a slow plugin",
    "NN910": "a plugin of a certain version",
}
"""Codes that no text of a spec can give, and why; other tests have them."""


def raised() -> dict[str, list[str]]:
    """Codes in the source, with the files that hold them."""
    found: dict[str, list[str]] = {}
    for path in SOURCES:
        for code in re.findall(r'"(NN\d{3})"', path.read_text(encoding="utf-8")):
            found.setdefault(code, []).append(path.relative_to(ROOT).as_posix())
    return found


def goldens() -> set[str]:
    return {path.name[:5] for path in HERE.rglob("NN*.txt")}


def spec(text: str) -> str:
    """An example as a spec; pages about formulas show the formula alone."""
    return f"model:\n  {text}" if text.startswith("def:") else text


def found(text: str, tmp_path: Path, *, later: bool) -> set[str]:
    """Everything that is said about a spec, by checking it or, for what comes later, by running it.

    The spec counts as the file `extends/spec.yaml`, beside which there are others to extend.
    """
    try:
        checked = loads(text, str(HERE / "extends" / "spec.yaml")).check()
    except SpecError as error:
        return {each.code for each in error.diagnostics}
    if not later:
        return {each.code for each in checked.warnings}
    try:
        return {each.code for each in run(checked, tmp_path).failed}
    except ComputingError as error:
        return {error.diagnostic.code}
    except NotYet as error:
        return {each.code for each in error.diagnostics}


def mentioned(code: str) -> bool:
    """Whether a test elsewhere is about a code."""
    tests = (path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))
    return any(code in path.read_text(encoding="utf-8") for path in tests)


@pytest.mark.parametrize("code", sorted(raised()))
def test_a_code_that_is_raised_has_a_page_and_a_text_that_is_compared(code: str) -> None:
    assert page(code) is not None, f"nnspec/text/pages/{code}.md is missing; raised in {raised()[code]}"
    if code in NOT_FROM_A_SPEC:
        assert mentioned(code), f"no test mentions {code}, which needs {NOT_FROM_A_SPEC[code]}"
    else:
        assert code in goldens(), f"tests/diagnostics/{code}-….yaml and its golden text are missing"


def test_nothing_is_left_over() -> None:
    known = set(raised())
    assert set(codes()) <= known, "pages of codes that nothing raises"
    assert goldens() <= known, "golden texts of codes that nothing raises"
    assert set(NOT_FROM_A_SPEC) <= known
    assert not set(NOT_FROM_A_SPEC) & goldens()


@pytest.mark.parametrize("code", [code for code in codes() if code not in NOT_FROM_A_SPEC])
def test_the_examples_of_a_page_are_true(code: str, tmp_path: Path) -> None:
    shown = page(code)
    assert shown is not None
    later = code in {path.name[:5] for path in (HERE / "run").glob("*.yaml")}
    assert code in found(spec(shown.bad), tmp_path / "bad", later=later)
    assert code not in found(spec(shown.good), tmp_path / "good", later=later)
