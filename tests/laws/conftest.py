"""Arithmetic without surprises: no silent broadcasting between ranks, no silent change of precision."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nnspec.numerics.lazy import jax


@pytest.fixture(autouse=True)
def strict_arithmetic() -> Iterator[None]:
    """Records say their broadcasting and their precision out loud."""
    with jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
        yield
