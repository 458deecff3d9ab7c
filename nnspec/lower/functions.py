"""The functions of the language on arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnspec.numerics import trig
from nnspec.numerics.lazy import jax, jnp
from nnspec.plugin.vocabulary import Vocabulary

_SAME_NAME = ("sqrt", "exp", "log", "tan", "tanh", "sinh", "cosh", "abs", "sign", "floor", "mod", "where")
_BY_NAME: dict[str, Callable[..., Any]] = {
    "cos": trig.cos,
    "sin": trig.sin,
    "erf": lambda x: jax.scipy.special.erf(x),
    "relu": lambda x: jnp.maximum(x, 0),
    "gelu": lambda x: x * jax.scipy.special.ndtr(x),
}


def function(name: str, words: Vocabulary, options: tuple[str, ...] = ()) -> Callable[..., Any]:
    """A function of arrays by its name in the language, or by the name of an activation.

    `options` are the parameters of an activation that come behind its argument.
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name in _SAME_NAME:
        found: Callable[..., Any] = getattr(jnp, name)
        return found
    if name in ("min", "max"):
        return _extremum(jnp.minimum if name == "min" else jnp.maximum)
    record = words.activations[name]
    defaults = {parameter.name: parameter.default for parameter in record.parameters}
    return lambda x, *given: record.apply(x, **{**defaults, **dict(zip(options, given, strict=True))})


def _extremum(pair: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def apply(first: Any, *others: Any) -> Any:
        for other in others:
            first = pair(first, other)
        return first

    return apply
