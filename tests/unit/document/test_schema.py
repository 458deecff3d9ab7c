"""The JSON Schema accepts good specs and rejects structurally bad ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from nnspec.editing import schema
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.syntax.tree import Leaf, Mapping, Node
from nnspec.syntax.yaml_tree import read_text

ROOT = Path(__file__).parents[3]
SPECS = sorted(ROOT.glob("specs/*.yaml"))
STRUCTURAL = ("02-unknown-key", "14-missing-plugin", "15-yes")
"""Bad specs that are wrong in their structure alone."""
_NUMBER = re.compile(r"-?\d+(\.\d*)?([eE][-+]?\d+)?")


def plain(node: Node) -> Any:
    """The spec as editors hand it to a schema: YAML 1.2, in which `yes` is a text."""
    if isinstance(node, Mapping):
        return {entry.key.text: plain(entry.value) for entry in node.entries}
    if not isinstance(node, Leaf):
        return [plain(item) for item in node.items]
    if node.null or node.style != "plain":
        return None if node.null else node.text
    if node.text in ("true", "false"):
        return node.text == "true"
    return yaml.safe_load(node.text) if _NUMBER.fullmatch(node.text) else node.text


@pytest.fixture(scope="module")
def validator() -> Any:
    made = schema(load_vocabulary())
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_good_specs_are_valid(path: Path, validator: Any) -> None:
    validator.validate(yaml.safe_load(path.read_text()))
    validator.validate(plain(read_text(path.read_text())))


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


@pytest.mark.parametrize("name", STRUCTURAL)
def test_structurally_bad_specs_are_rejected(name: str, validator: Any) -> None:
    text = (ROOT / "tests" / "diagnostics" / "bad-specs" / f"{name}.yaml").read_text()
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(plain(read_text(text)))


def test_a_comma_that_ends_a_formula_is_rejected(validator: Any) -> None:
    text = (ROOT / "tests" / "diagnostics" / "bad-specs" / "03-flow-comma.yaml").read_text()
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(yaml.safe_load(text))  # what other readers of YAML make of it


HEAD = "nnspec: 1\nname: n\nmodel: {inputs: {x: R}, field: phi(x), def: x}\n"
CHILD = "nnspec: 1\nextends: other.yaml\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "sweep: {grid: {let.N: [1, 2]}, zip: {let.m: 'linspace(0, 1, 2)'}, seeds: 2, workers: 2, checks: [a < 1]}",
        HEAD + "output: {folder: here, report: false}",
        HEAD + "numerics: {seed: 2*3, integral: {gauss_legendre: {order: 8}}}",
        HEAD + "numerics: {integral: periodic}",
        HEAD + "sampler: {hmc: {chains: 2, target_accept: 0.9}}",
        HEAD + "plots: {p: {lines: {x: r, y: [a, b.c], color: let.N, column: step}}}",
        HEAD + "observables: {fit: {train: {data: toy, steps: 3, optimizer: lbfgs, record: {at: xs}}}}",
        HEAD + "observables: {T: {ntk: {at: xs, along: fit, density: undeformed, field: 'phi[1]'}}}",
        HEAD.replace("field: phi(x), def: x", "def: {phi(x): x, psi(x): 2*x}, deform: exp(-1)"),
        HEAD.replace("field: phi(x), def: x", "layers: [], parameterization: {a: [0, 1/2, 1], b: 0, c: -1}"),
        HEAD + "plugins: {nnspec-strange: '>=1'}\nobservables: {q: {strange: {at: x}}}\nsampler: {other: {}}",
        CHILD,
        CHILD + "drop: [plots, model.deform]\nmodel: {deform: exp(-1)}\nlet: {N: 3}",
        CHILD + "drop: plots\nmodel: {parameterization: {a: 1}}",
        CHILD + "observables: {q: {a_word_of_a_plugin_that_the_other_spec_pins: {}}}",
    ],
)
def test_the_whole_language_is_valid(text: str, validator: Any) -> None:
    validator.validate(plain(read_text(text)))


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "sweep: {gird: {let.N: [1, 2]}}",
        HEAD + "sweep: {grid: {let.N: 3}}",
        HEAD + "sweep: {grid: {let.N: []}}",
        HEAD + "output: {report: maybe}",
        HEAD + "numerics: {integral: {gauss_legendre: {ordre: 8}}}",
        HEAD + "numerics: {integral: {trapezoid: {}}}",
        HEAD + "sampler: {hmc: {chans: 2}}",
        HEAD + "sampler: {hmc: {}, iid: {}}",
        HEAD + "observables: {fit: {train: {data: toy, steps: 3, optimizer: {sgd: {}}}}}",
        HEAD + "observables: {fit: {train: {data: toy, steps: 3, optimizer: sgd}}}",
        HEAD + "observables: {fit: {train: {data: toy, steps: 3, optimizer: lbfgs, record: {every: 2}}}}",
        HEAD + "observables: {T: {ntk: {at: xs, density: deformd}}}",
        HEAD.replace("field: phi(x), def: x", "def: {phi(x): [1]}"),
        HEAD.replace("field: phi(x), def: x", "layers: [], parameterization: {a: 0, b: 0}"),
        HEAD.replace("field: phi(x), def: x", "layers: [], parameterization: abc"),
        HEAD.replace("inputs: {x: R}, ", ""),
        HEAD + "plugins: [nnspec-kan]",
        HEAD + "plugins: {nnspec-kan: '>=0'}\nobservables: {q: {ntk: {att: x}}}",
        "nnspec: 1\nname: n",
        CHILD + "modl: {}",
        CHILD + "model: {deforme: x}",
        CHILD + "drop: {plots: true}",
        "extends: other.yaml",
    ],
)
def test_wrong_structure_is_rejected_everywhere(text: str, validator: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(plain(read_text(text)))
