"""Settings of every test: nothing of the user is read or written, and arrays must say their ranks and types out loud.

They go through the environment, so that processes which tests start have them too.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

sys.path.insert(0, str(Path(__file__).parent / "shared"))
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Files of reference values other than those that are kept here."""
    kept = Path(__file__).parent / "reference"
    parser.addoption("--physics-values", default=str(kept / "physics_values.json"), help="values of formulas")
    parser.addoption("--kernel-values", default=str(kept / "kernels.json"), help="kernels of dense networks")
