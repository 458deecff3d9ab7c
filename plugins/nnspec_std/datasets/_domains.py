"""Domains taken apart into factors, for data sets that live in them."""

import math
from typing import Any


def factors(domain: Any) -> list[Any]:
    """The domains whose product a domain is, none of them a product."""
    return [inner for part in domain.args for inner in factors(part)] if domain.shape == "product" else [domain]


def refuse(domain: Any) -> str | None:
    """Unbounded domains and empty ones have no points to give."""
    for part in factors(domain):
        if part.shape == "reals" or not all(map(math.isfinite, part.args)):
            return "the domain must be bounded"
        if part.shape == "interval" and not part.args[0] < part.args[1]:
            return f"the domain is empty: {part.args[0]:g} is not below {part.args[1]:g}"
        if part.shape in ("ball", "sphere") and not part.args[0] > 0:
            return f"the radius must be positive, and it is {part.args[0]:g}"
    return None
