"""The law for each kind of record, and the conformance of a whole plugin."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from nnspec.ir.evaluate import DomainValue
from nnspec.ir.files import FileValue
from nnspec.numerics.lazy import np
from nnspec.plugin.manager import KINDS
from nnspec.plugin.records import Args, Dataset, Parameterization, Role
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing.activation_laws import check_activation
from nnspec.testing.density_laws import check_density
from nnspec.testing.later_laws import check_later
from nnspec.testing.layer_laws import check_layer

__all__ = [
    "check_activation", "check_dataset", "check_density", "check_import", "check_later", "check_layer",
    "check_parameterization", "plugin_conformance",
]  # fmt: skip


def check_dataset(record: Dataset, args: Args | None = None) -> None:
    """Check a generator: the shape it promises, float64, finite numbers, and the same ones each time.

    Where it has a seed, another seed gives other numbers everywhere; labels and coordinates are one number a point.

    Args:
        record: the generator.
        args: its arguments; increasing numbers, a square and three points where it has no defaults, if they are not given.
    """
    given = args if args is not None else {p.name: _argument(p, k) for k, p in enumerate(record.parameters)}
    assert record.refuse(given) is None, f"'{record.name}' refuses {dict(given)}: {record.refuse(given)}"
    made = np.asarray(record.make(given))
    assert made.shape == tuple(record.shape(given)), f"'{record.name}' makes {made.shape}, not {record.shape(given)}"
    assert made.dtype == np.float64, f"'{record.name}' makes {made.dtype}, not float64"
    assert made.size, f"'{record.name}' makes nothing"
    assert np.all(np.isfinite(made)), f"'{record.name}' makes numbers that are not finite"
    assert np.array_equal(made, np.asarray(record.make(given))), f"'{record.name}' makes other numbers the second time"
    if record.seed:
        other = np.asarray(record.make({**given, record.seed: given[record.seed] + 1}))
        assert not np.any(made == other), f"'{record.name}' makes some of the same numbers for another `{record.seed}`"
    if record.label is not None:
        _check_one_each(f"labels of '{record.name}'", partial(record.label, given, made), len(made))
    for name in record.coordinates:
        assert record.coordinate is not None, f"'{record.name}' names the coordinate `{name}`, and gives no values"
        _check_one_each(f"`{name}` of '{record.name}'", partial(record.coordinate, given, name), len(made))


def _check_one_each(what: str, compute: Callable[[], Any], points: int) -> None:
    """One finite float64 for each point, and the same ones the second time."""
    values = np.asarray(compute())
    assert (values.shape, values.dtype) == ((points,), np.float64), f"{what} are {values.dtype}{values.shape}, not one a point"
    assert np.all(np.isfinite(values)), f"{what} are not all finite"
    assert np.array_equal(values, np.asarray(compute())), f"{what} are other numbers the second time"


def _table() -> FileValue:
    """A small table of numbers as a file."""
    path = Path(tempfile.mkdtemp(prefix="nnspec-laws-")) / "points.csv"
    path.write_text("a,b,y\n0,1,2\n-1,0.5,3\n2,2,4\n", encoding="utf-8")
    return FileValue.of(path)


def _argument(parameter: Any, place: int) -> Any:
    if parameter.default is not None:
        return parameter.default
    side = DomainValue("interval", 1, (-1.0, 2.0))
    examples: dict[str, Any] = {
        "int": place + 3, "real": place + 0.5, "domain": DomainValue("product", 2, (side, side)),
        "data": np.arange(6.0).reshape(3, 2), "target": "",
    }  # fmt: skip
    if parameter.type == "file":
        return _table()
    assert parameter.type in examples, f"give `args`: '{parameter.name}' has no obvious example"
    return examples[parameter.type]


def check_parameterization(
    record: Parameterization, optimizers: tuple[str, ...] = ("sgd", "adam"), options: Mapping[str, Any] | None = None
) -> None:
    r"""Check a parameterization: pre-activations of order one at the start [yang2021, condition (1)].

    .. math:: a_1 + b_1 = 0, \qquad a_l + b_l = \tfrac12 \; (1 < l \le L), \qquad a_{L+1} + b_{L+1} \ge \tfrac12,
              \qquad a_{in} + b_{in} = \tfrac12

    The first three are 2 a + b = 0, 1 and at least 1 when b is the power of the variance. Where a spec gives the
    exponents, they are its own affair, and what holds for all is checked: finite numbers, and the power of d.

    Args:
        record: the parameterization.
        optimizers: the words by which it is asked.
        options: its fields, one number for each role; then all of it is checked.
    """
    roles: tuple[Role, ...] = ("input", "hidden", "readout")
    free = bool(record.fields) and options is None
    given = options if options is not None else {item.name: (0.0, 0.5, 0.5) for item in record.fields}
    for optimizer in optimizers:
        by_role = {role: record.exponents(role, optimizer, **given) for role in roles}
        for role, powers in by_role.items():
            numbers = (powers.a, powers.b, powers.c, powers.a_in, powers.b_in)
            assert all(map(math.isfinite, numbers)), f"'{record.name}': powers of the {role} layer are not finite"
            inner = powers.a_in + powers.b_in
            wanted = 0.5 if role == "input" else 0.0
            assert inner == wanted, f"'{record.name}': a_in + b_in of the {role} layer is {inner}, not {wanted}"
        if free:
            continue
        sums: tuple[tuple[Role, float], ...] = (("input", 0.0), ("hidden", 0.5))
        for role, wanted in sums:
            total = by_role[role].a + by_role[role].b
            assert total == wanted, f"'{record.name}': a + b of the {role} layer is {total}, not {wanted}"
        total = by_role["readout"].a + by_role["readout"].b
        assert total >= 0.5, f"'{record.name}': a + b of the readout is {total}, so outputs grow with the width"


def check_import(module: str) -> None:
    """Check in a process of its own that importing a plugin imports neither JAX nor NumPy.

    Args:
        module: its dotted name.
    """
    code = (
        f"import sys; sys.path += [p for p in {sys.path!r} if p not in sys.path]; import {module}; "
        "print(*sorted({'jax', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"'{module}' cannot be imported: {done.stderr.strip().splitlines()[-1]}"
    heavy = done.stdout.split()
    assert not heavy, f"importing '{module}' imports {' and '.join(heavy)}; use `from nnspec.plugin import jnp, np`"


def plugin_conformance(module: ModuleType) -> tuple[str, ...]:
    """Hold every record that a module yields to the law of its kind.

    Records of kinds without a law (observables, rules, samplers, backends) are checked for their type alone, and words
    that no program computes yet for being well formed.

    Args:
        module: a plugin, that is a module with hooks.

    Returns:
        The words that were checked, as `kind:name`.
    """
    words = load_vocabulary()
    laws: dict[str, Callable[[Any], None]] = {
        "activations": check_activation,
        "densities": check_density,
        "layers": lambda record: check_layer(record, words),
        "parameterizations": check_parameterization,
        "datasets": check_dataset,
    }
    seen: list[str] = []
    kinds: dict[str, Any] = KINDS  # pairs of a type and records of that type
    for kind, wanted in kinds.items():
        hook = getattr(module, f"nnspec_{kind}", None)
        if hook is None:
            continue
        assert hasattr(hook, "nnspec_impl"), f"`nnspec_{kind}` of '{module.__name__}' lacks `@hookimpl`"
        for record in hook():
            assert isinstance(record, wanted), f"`nnspec_{kind}` of '{module.__name__}' gave a {type(record).__name__}"
            law = check_later if getattr(record, "later", "") else laws.get(kind, lambda _: None)
            law(record)
            seen.append(f"{kind}:{record.name}")
    assert seen, f"'{module.__name__}' teaches no words"
    check_import(module.__name__)
    return tuple(seen)
