"""What stands in the place of a computation that is not built yet; plans refuse its word before they get here."""

from __future__ import annotations

from typing import Any, NoReturn

UNKNOWN = -1
"""A length that the options alone do not tell, since another observable decides."""


def no_program(*_args: Any, **_options: Any) -> NoReturn:
    """Say so, should anybody ask."""
    message = "this observable cannot be computed by this version"
    raise NotImplementedError(message)


def points_of(n: int) -> tuple[str, ...]:
    """The dimensions of an array over n points: point, point_2, ..., point_n."""
    return ("point", *(f"point_{k}" for k in range(2, n + 1)))[:n]
