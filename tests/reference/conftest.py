"""The modules of `families` as a package, and the files of values."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Cases of the file with kernels, one test each."""
    if "kernel_case" in metafunc.fixturenames:
        from test_kernel_values import read

        cases = read(Path(metafunc.config.getoption("--kernel-values")))
        metafunc.parametrize("kernel_case", cases, ids=lambda case: case["id"])


@pytest.fixture(scope="session")
def values_file(request: pytest.FixtureRequest) -> Path:
    return Path(request.config.getoption("--physics-values"))
