"""What the tests of this room share: specs, the command line, the built-in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nnspec import cli
from nnspec.plugin.vocabulary import Vocabulary, load_vocabulary

SPEC = """\
# a free field
nnspec: 1
name: small

let: {N: 100, s2: 1.0, sigma_w: 1e0}   # kept as they are

data:
  xs:   linspace(0,2,3)     # three points

model:
  inputs:  {x: R}
  indices: {i: N}
  params:
    w[i]: Normal(0,sigma_w^2)
    b[i]: "Uniform(-pi,pi)"
    a[i]: 'Normal( 0, (s2)/N )'

  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i] * x+b[i])

functions:
  K(x,y): s2*exp(-(x-y)^2 / 2)

observables:
  G2:  {correlator: {n: 2, at: xs, draws: 1_000}}
  Gex: {evaluate: {of: K, at: xs}}

checks:
  - max(abs(G2-Gex))<=5*max(se(G2))
"""


@pytest.fixture
def spec() -> str:
    """A small spec whose formulas are untidy."""
    return SPEC


@pytest.fixture(scope="session")
def words() -> Vocabulary:
    """The built-in words."""
    return load_vocabulary((), True)


@pytest.fixture
def nnspec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command in an empty folder: its status, and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = cli.main(words)
        except SystemExit as end:
            status = int(str(end.code))
        return status, *capsys.readouterr()

    return run
