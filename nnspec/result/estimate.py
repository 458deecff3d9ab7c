"""An estimate: value plus or minus error, by a method, with its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One number or array, and what is known about how far it is off.

    `value` and `stderr` are float64 arrays over `dims`. `stderr` is one standard deviation of a sampled value, None when
    the method is deterministic; then `numerical_error` bounds what the arithmetic left (0.0: rounding alone).
    `covariance` is that of all entries, [entry, entry] in C order of `value`, where it was asked for.
    `blocks` are the leave-one-out values [block, ...], through which errors of functions of several estimates go.
    """

    name: str
    word: str
    method: str
    value: Any
    dims: tuple[str, ...]
    coords: Mapping[str, Any] = field(default_factory=dict)
    stderr: Any = None
    numerical_error: float = 0.0
    draws: int | None = None
    blocks: Any = None
    covariance: Any = None
    unbounded: bool = False
    """Whether +inf is a value (the loss of a network whose training diverged), and not a fault."""
    warnings: tuple[str, ...] = ()
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    equation: str = ""
    cite: tuple[str, ...] = ()
    backend: str = ""
    plugin: str = ""
