"""What a spec says, as a flat list of named statements, in which two specs can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nnspec.edit.formulas import formula, index, number
from nnspec.ir.digest import canonical
from nnspec.ir.experiment import Experiment


@dataclass(frozen=True)
class Statement:
    """`path` says `shown`; `meaning` is what is compared, which may be more than is shown."""

    path: str
    shown: str
    meaning: str


_ORDER = ("name", "constants", "data", "model", "sampler", "numerics", "observables", "checks")


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
                yield from (_say(f"data.{each['name']}", each, formula(each["value"])) for each in value)
            case "model":
                yield from _model(value)
            case "observables":
                yield from (said for each in value for said in _observable(each))
            case "checks":
                yield from _checks(value)
            case "numerics":
                yield from (_say(f"numerics.{name}", each) for name, each in value.items() if name != "is")
            case _:
                yield _say(key, value)


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
            case "field" if value is not None:
                head = f"{value['name']}({', '.join(value['inputs'])})"
                yield _say("model.field", [value["name"], value["inputs"]], head)
                yield _say("model.def", value["body"])
            case "stack" if value is not None:
                yield from _stack(value)
            case _ if value is not None:
                yield _say(f"model.{key}", value)


def _param(node: dict[str, Any]) -> Statement:
    indices = f"[{', '.join(map(index, node['indices']))}]" if node["indices"] else ""
    copies = "".join(f"^{size}" for size in node["copies"])
    return _say(f"model.params.{node['name']}{indices}", node, formula(node["density"]) + copies)


def _stack(node: dict[str, Any]) -> Iterator[Statement]:
    for key, value in node.items():
        if key == "layers":
            for place, layer in enumerate(value, 1):
                path = f"model.layers[{place}]"
                yield _say(path, layer["name"])
                yield from (_say(f"{path}.{name}", each, _chosen(each)) for name, each in layer["options"])
        elif key != "is":
            yield _say(f"model.{key}", value)


def _chosen(value: Any) -> str:
    """An option of a layer; an activation as a call, `snake(beta=0.5)`, or as its bare word."""
    match value:
        case [str(word), [*options]]:
            given = ", ".join(f"{name}={formula(each)}" for name, each in options)
            return f"{word}({given})" if given else word
        case _:
            return formula(value)


def _observable(node: dict[str, Any]) -> Iterator[Statement]:
    path = f"observables.{node['name']}"
    yield _say(path, node["word"])
    yield from (_say(f"{path}.{name}", each) for name, each in node["options"])
    rest = {key: value for key, value in node.items() if key not in ("is", "name", "word", "options")}
    yield from (_say(f"{path}.{'method' if key == 'methods' else key}", value) for key, value in rest.items())


def _checks(node: list[Any]) -> Iterator[Statement]:
    """Checks have no names; each is its own."""
    for each in node:
        claim = formula(each["that"])
        yield _say(f"checks: {claim}", each, claim)
    yield _say("checks", node, "")


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
