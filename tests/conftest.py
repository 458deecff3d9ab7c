"""Settings of every test: nothing of the user is read or written, and arrays must say their ranks and types out loud.

They go through the environment, so that processes which tests start have them too.
"""

from __future__ import annotations

import os
import shutil
import tempfile

import hypothesis
import pytest

os.environ["NNSPEC_CACHE"] = tempfile.mkdtemp(prefix="nnspec-tests-")
os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"
os.environ["JAX_NUMPY_DTYPE_PROMOTION"] = "strict"
os.environ["NO_COLOR"] = "1"
os.environ["MPLBACKEND"] = "agg"
os.environ.pop("COLUMNS", None)

hypothesis.settings.register_profile("nnspec", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("nnspec")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the cache of this session."""
    shutil.rmtree(os.environ["NNSPEC_CACHE"], ignore_errors=True)
