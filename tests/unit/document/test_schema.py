"""The JSON Schema accepts good specs and rejects structurally bad ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.stages import schema

SPECS = sorted(Path(__file__).parents[3].glob("specs/*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Any:
    made = schema(load_vocabulary())
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_good_specs_are_valid(path: Path, validator: Any) -> None:
    validator.validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("observables:", "observabels:"),
        ("width: n", "widht: n"),
        ("parameterization: ntk", "parameterization: mnk"),
        ("- act: relu", "- akt: relu"),
        ("{nngp: {at: xs}}", "{nngp: {at: xs, draws: 3}}"),
        ("repeat: depth", "repeat: depth\n      often: 2"),
        ("nnspec: 1", "nnspec: 2"),
    ],
)
def test_bad_structure_is_rejected(old: str, new: str, validator: Any) -> None:
    text = next(path for path in SPECS if path.stem == "relu-mlp-kernels").read_text()
    assert old in text
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(yaml.safe_load(text.replace(old, new, 1)))
