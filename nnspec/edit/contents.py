"""What a spec says, as a flat list of named statements, in which two specs can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nnspec.edit.formulas import field_head, formula, index, number, power
from nnspec.ir.digest import canonical
from nnspec.ir.experiment import Experiment


@dataclass(frozen=True)
class Statement:
    """`path` says `shown`; `meaning` is what is compared, which may be more than is shown."""

    path: str
    shown: str
    meaning: str


_ORDER = ("name", "constants", "data", "model", "sampler", "sampler_options", "numerics", "observables", "sweep", "checks")


def statements(experiment: Experiment) -> list[Statement]:
    """Everything that the digest counts, each thing once, in the order of a spec; what is not given says nothing."""
    node = json.loads(canonical(experiment, bound=False))["node"]
    found = [each for each in _experiment(node) if each.meaning not in ("null", "[]")]
    bodies = {each.path: each for each in _functions(node)}
    return [*found, *(bodies[path] for path in sorted(bodies))]


def _say(path: str, node: Any, shown: str | None = None) -> Statement:
    return Statement(path, formula(node) if shown is None else shown, json.dumps(node, sort_keys=True))


def _experiment(node: dict[str, Any]) -> Iterator[Statement]:
    for key in sorted(node, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_ORDER)):
        value = node[key]
        match key:
            case "is":
                continue
            case "constants":
                for each in value:
                    yield _say(f"let.{each['name']}", each, str(number(each["value"])))
            case "data":
                yield from (_say(f"data.{each['name']}", each, _made(each)) for each in value)
            case "model":
                yield from _model(value)
            case "observables":
                yield from (said for each in value for said in _observable(each))
            case "checks":
                yield from _checks(value, "checks")
            case "sampler":
                yield _say("sampler", value, _called(value, node["sampler_options"]))
            case "sampler_options":
                yield from _options(f"sampler.{node['sampler']}", value)
            case "numerics":
                yield from _options("numerics", [[name, each] for name, each in value.items() if name != "is"])
            case "sweep":
                yield from _sweep(value) if value is not None else ()
            case _:
                yield _say(key, value)


def _made(node: dict[str, Any]) -> str:
    """A data set; what its points are labelled with."""
    value = formula(node["value"])
    return value if node["target"] is None else f"{value}, labels {formula(node['target'])}"


def _options(path: str, options: list[Any]) -> Iterator[Statement]:
    """Options by name; those of a mapping, and those of a chosen word, are statements of their own."""
    for name, value in options:
        match value:
            case [str(word), [*own]] if all(_is_pair(each) for each in own):
                yield _say(f"{path}.{name}", word, _called(word, own))
                yield from _options(f"{path}.{name}.{word}", own)
            case [[*_], *_] if all(_is_pair(each) for each in value):
                yield from _options(f"{path}.{name}", value)
            case _:
                yield _say(f"{path}.{name}", value)


def _called(word: str, options: list[Any]) -> str:
    """A word with its options, `hmc(chains=4)`, or alone where it has none."""
    given = ", ".join(f"{name}={formula(value)}" for name, value in options if value is not None)
    return f"{word}({given})" if given else word


def _is_pair(value: Any) -> bool:
    """Whether this is an option with its name."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def _sweep(node: dict[str, Any]) -> Iterator[Statement]:
    """The values of each axis: those that change together stand under `zip`."""
    yield Statement("sweep", ", ".join(axis["path"] for axis in node["axes"]), "given")
    for axis in node["axes"]:
        shown = ", ".join(axis["values"]) if axis["made"] is None else formula(axis["made"])
        yield _say(f"sweep.{'' if axis['group'] == axis['path'] else 'zip.'}{axis['path']}", axis, shown)
    yield _say("sweep.seeds", node["seeds"])
    yield from _checks(node["checks"], "sweep.checks")


def _model(node: dict[str, Any]) -> Iterator[Statement]:
    for key, value in node.items():
        match key:
            case "is":
                continue
            case "inputs":
                yield from (_say(f"model.inputs.{each['name']}", each, formula(each["space"])) for each in value)
            case "indices":
                yield from (_say(f"model.indices.{index(each['name'])}", each, str(each["size"])) for each in value)
            case "params":
                yield from (_param(each) for each in value)
            case "fields":
                yield from _fields(value)
            case "stack" if value is not None:
                yield from _stack(value)
            case _ if value is not None:
                yield _say(f"model.{key}", value)


def _fields(nodes: list[Any]) -> Iterator[Statement]:
    """One field by its head and its formula; several by their heads."""
    for each in nodes:
        head = field_head(each)
        if len(nodes) == 1:
            yield _say("model.field", [each["name"], each["components"], each["inputs"]], head)
            yield _say("model.def", each["body"])
        else:
            yield _say(f"model.def.{head}", each["body"])


def _param(node: dict[str, Any]) -> Statement:
    indices = f"[{', '.join(map(index, node['indices']))}]" if node["indices"] else ""
    names = [f"{name}{indices}" for name in node["targets"]]
    name = names[0] if len(names) == 1 else f"({', '.join(names)})"
    return _say(f"model.params.{name}", node, power(node["density"], node["copies"]))


def _stack(node: dict[str, Any]) -> Iterator[Statement]:
    for key, value in node.items():
        if key == "layers":
            for place, layer in enumerate(value, 1):
                path = f"model.layers[{place}]"
                yield _say(path, layer["name"])
                yield from (_say(f"{path}.{name}", each, _chosen(each)) for name, each in layer["options"])
        elif key == "parameterization_options":
            yield from _options(f"model.parameterization.{node['parameterization']}", value)
        elif key != "is":
            yield _say(f"model.{key}", value)


def _chosen(value: Any) -> str:
    """An option of a layer; an activation as a call, `snake(beta=0.5)`, or as its bare word."""
    match value:
        case [str(word), [*options]]:
            return _called(word, options)
        case _:
            return formula(value)


def _observable(node: dict[str, Any]) -> Iterator[Statement]:
    path = f"observables.{node['name']}"
    yield _say(path, node["word"])
    yield from _options(path, node["options"])
    rest = {key: value for key, value in node.items() if key not in ("is", "name", "word", "options")}
    yield from (_say(f"{path}.{'method' if key == 'methods' else key}", value) for key, value in rest.items())


def _checks(node: list[Any], path: str) -> Iterator[Statement]:
    """Checks have no names; each is its own."""
    for each in node:
        claim = formula(each["that"])
        yield _say(f"{path}: {claim}", each, claim)
    yield _say(path, node, "")


def _functions(node: Any) -> Iterator[Statement]:
    """The functions of the spec that are called somewhere, by their bodies."""
    if isinstance(node, list):
        for item in node:
            yield from _functions(item)
    elif isinstance(node, dict):
        if node.get("is") == "Bind":
            yield _say(f"functions.{node['fn']}({', '.join(node['names'])})", node["body"])
        for value in node.values():
            yield from _functions(value)
