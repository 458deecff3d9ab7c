"""Laws of observables: the smallest spec that asks for one runs, twice alike, and gives what the record promises."""

from __future__ import annotations

from typing import Any

from nnspec.numerics.lazy import np
from nnspec.plugin.records import Observable
from nnspec.run import execute
from nnspec.stages import Checked, loads

SPEC = """\
nnspec: 1
name: law
data:
  xs: linspace(-1, 1, 3)
  x0: [0]
  r: linspace(0, 1, 3)
  toy: table(xs, sin(x[1]))
functions:
  G(x, y): exp(-(x - y).(x - y))
model:
  inputs: {{x: R^1}}
  parameterization: ntk
  layers:
    - dense: {{width: 8, weight: "Normal(0, 2)", bias: "Normal(0, 0.1)"}}
    - act: erf
    - dense: {{width: 1, weight: "Normal(0, 1)"}}
{needs}
numerics: {{seed: {seed}}}
observables:
  asked: {asked}
"""
PROCESS = "  fit: {train: {data: toy, optimizer: {sgd: {lr: 0.1}}, steps: 4, draws: 3}}\n"
"""What examples with `along: fit` are measured along."""


def check_observable(record: Observable, plugin_files: tuple[str, ...] = ()) -> None:
    """Run the record's example: the promised dimensions and shape, the same numbers twice, other ones for another seed.

    Args:
        record: the observable.
        plugin_files: the file that teaches it, when it is not installed.

    Raises:
        AssertionError: with the law that is broken.
    """
    assert record.example, f"`{record.name}` has no example to be tested on"
    checked, found = _run(record, plugin_files, seed=0)
    asked = checked.experiment.observables[0]
    parts = record.parts(dict(asked.options))
    assert found, f"`{record.name}` gives nothing"
    assert set(found) <= (set(parts) or {""}), f"`{record.name}` has the parts {', '.join(parts)} and gives {', '.join(found)}"
    if not parts:
        promised = record.shape(dict(asked.options), checked.experiment.model.dim)
        shape = found[""][0].shape
        assert shape == tuple(promised), f"`{record.name}` promises the shape {promised} and gives {shape}"
    _, again = _run(record, plugin_files, seed=0)
    _, other = _run(record, plugin_files, seed=1)
    for part in found:  # what a sampler has nothing to say about is left out
        _check_part(record, found[part], again[part], other[part], parts.get(part, asked.dims))


def _check_part(record: Observable, found: Any, again: Any, other: Any, dims: tuple[str, ...]) -> None:
    """One result: its axes, the second time, and another seed."""
    (value, stderr), (value_again, error_again) = found, again
    assert len(dims) == value.ndim, f"`{record.name}` has {value.ndim} axes and names {len(dims)} dimensions"
    assert np.all(np.isfinite(value)), f"`{record.name}` is not finite"
    assert value.tobytes() == value_again.tobytes(), f"`{record.name}` gives other numbers the second time"
    if stderr is None:
        return
    assert stderr.tobytes() == error_again.tobytes(), f"`{record.name}` gives other errors the second time"
    assert np.all(stderr >= 0), f"`{record.name}` has a negative error"
    assert np.any(stderr > 0), f"`{record.name}` is sampled and claims to be exact"
    assert not np.array_equal(value, other[0]), f"`{record.name}` does not depend on the seed"


def _run(record: Observable, plugin_files: tuple[str, ...], seed: int) -> tuple[Checked, dict[str, Any]]:
    """The checked spec, and (value, error) by the names of parts."""
    lines = [f"  deform: {record.needs['deform']}"] if "deform" in record.needs else []
    lines += [f"sampler: {record.needs['sampler']}"] if "sampler" in record.needs else []
    text = SPEC.format(asked=record.example, seed=seed, needs="\n".join(lines))
    text += PROCESS if "along: fit" in record.example else ""
    checked = loads(text, f"{record.name}.yaml", plugin_files=plugin_files).check()
    outcome = execute.execute(checked.plan, checked.spec.words, lambda _: None)
    mine = [each for each in outcome.estimates if each.name.partition(".")[0] == "asked"]
    errors = [None if each.stderr is None else np.asarray(each.stderr) for each in mine]
    return checked, {
        each.name.partition(".")[2]: (np.asarray(each.value), error) for each, error in zip(mine, errors, strict=True)
    }  # fmt: skip
