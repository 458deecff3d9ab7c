"""The law for each kind of record, and the conformance of a whole plugin."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.plugin.manager import KINDS
from nnspec.plugin.records import Args, Dataset, Parameterization, Role
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing.activation_laws import check_activation
from nnspec.testing.density_laws import check_density
from nnspec.testing.layer_laws import check_layer

__all__ = [
    "check_activation", "check_dataset", "check_density", "check_import", "check_layer", "check_parameterization",
    "plugin_conformance",
]  # fmt: skip


def check_dataset(record: Dataset, args: Args | None = None) -> None:
    """Check a generator: the shape it promises, float64, finite numbers, and the same ones each time.

    Args:
        record: the generator.
        args: its arguments; increasing numbers where it has no defaults, if they are not given.
    """
    given = args if args is not None else {p.name: _argument(p, k) for k, p in enumerate(record.parameters)}
    assert record.refuse(given) is None, f"'{record.name}' refuses {dict(given)}: {record.refuse(given)}"
    made = np.asarray(record.make(given))
    assert made.shape == tuple(record.shape(given)), f"'{record.name}' makes {made.shape}, not {record.shape(given)}"
    assert made.dtype == np.float64, f"'{record.name}' makes {made.dtype}, not float64"
    assert made.size, f"'{record.name}' makes nothing"
    assert np.all(np.isfinite(made)), f"'{record.name}' makes numbers that are not finite"
    assert np.array_equal(made, np.asarray(record.make(given))), f"'{record.name}' makes other numbers the second time"


def _argument(parameter: Any, place: int) -> Any:
    if parameter.default is not None:
        return parameter.default
    assert parameter.type in ("int", "real"), f"give `args`: '{parameter.name}' has no obvious example"
    return place + 3 if parameter.type == "int" else place + 0.5


def check_parameterization(record: Parameterization, optimizers: tuple[str, ...] = ("sgd", "adam")) -> None:
    r"""Check a parameterization: pre-activations of order one at the start [yang2021, condition (1)].

    .. math:: a_1 + b_1 = 0, \qquad a_l + b_l = \tfrac12 \; (1 < l \le L), \qquad a_{L+1} + b_{L+1} \ge \tfrac12,
              \qquad a_{in} + b_{in} = \tfrac12

    The first three are 2 a + b = 0, 1 and at least 1 when b is the power of the variance.
    """
    roles: tuple[Role, ...] = ("input", "hidden", "readout")
    for optimizer in optimizers:
        by_role = {role: record.exponents(role, optimizer) for role in roles}
        for role, powers in by_role.items():
            numbers = (powers.a, powers.b, powers.c, powers.a_in, powers.b_in)
            assert all(map(math.isfinite, numbers)), f"'{record.name}': powers of the {role} layer are not finite"
            inner = powers.a_in + powers.b_in
            wanted = 0.5 if role == "input" else 0.0
            assert inner == wanted, f"'{record.name}': a_in + b_in of the {role} layer is {inner}, not {wanted}"
        for role, wanted in (("input", 0.0), ("hidden", 0.5)):
            total = by_role[role].a + by_role[role].b  # type: ignore[index]
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

    Records of kinds without a law (observables, rules, samplers, backends) are checked for their type alone.

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
            laws.get(kind, lambda _: None)(record)
            seen.append(f"{kind}:{record.name}")
    assert seen, f"'{module.__name__}' teaches no words"
    check_import(module.__name__)
    return tuple(seen)
