"""Random edits of specs with the whole language: every answer is given, without a fault in the server."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest

from nnspec.lsp import completion, navigation, outline, rename
from nnspec.lsp.complaints import published, quick_fixes
from nnspec.lsp.hover import hover
from nnspec.lsp.sheet import Sheet

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def loaded(name: str):
    """A test file beside this one, whose texts are used here too."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EDITED = loaded("test_lsp_fuzz").edited
TEXTS = loaded("test_lsp_language")


@pytest.mark.parametrize("name", ["phi4-hmc", "mup-transfer", "ntk-training", "kan", "fields", "block"])
def test_random_edits(name: str) -> None:
    path = ROOT / "specs" / f"{name}.yaml"
    good = {"fields": TEXTS.FIELDS, "block": TEXTS.BLOCK}.get(name) or path.read_text(encoding="utf-8")
    random_ = random.Random(f"the whole language in {name}")
    sheet = Sheet(path.as_uri(), str(path), 1, good)
    for number in range(40):
        text = EDITED(good if number % 4 == 0 else sheet.plain, random_)
        sheet = sheet.changed(text, number)
        assert not any("bug in nnspec" in each.message for each in published(sheet))
        outline.outline(sheet)
        for _ in range(3):
            place = sheet.text.position(random_.randrange(len(text) + 1))
            hover(sheet, place)
            completion.complete(sheet, place)
            navigation.definition(sheet, place)
            navigation.references(sheet, place, declaration=True)
            quick_fixes(sheet, sheet.text.range(0, len(text)))
            try:
                rename.rename(sheet, place, "fresh")
            except rename.Refused as refused:
                assert str(refused)
