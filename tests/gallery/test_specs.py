"""The specs of the gallery pass their own checks; wrong copies of them do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.run.execute import NotYet
from nnspec.stages import load, loads, run

SPECS = Path(__file__).parents[2] / "specs"
GALLERY = sorted(SPECS.glob("*.yaml"))
QUICK = {
    "gaussnet-4pt": (("draws: 1e6", "draws: 2e4"), ("[2, 5, 10, 20, 50, 100, 500, 1000]", "[2, 100]")),
    "cosnet-free-scalar": (("draws: 50000", "draws: 6400"), ("draws: 4000", "draws: 64")),
    "relu-mlp-kernels": (("draws: 20000", "draws: 640"), ("draws: 200}", "draws: 32}"), ("n: 512 ", "n: 128 ")),
    "finite-width-relu": (("[24, 48, 96, 192]", "[24, 96]"), ("[1, 2, 4]", "[1, 2]")),
}
COMPUTED = {*QUICK, "ntk-training", "mup-transfer", "anharmonic-oscillator", "phi4-hmc", "custom-activation-density"}
"""What this version can compute; the last ones take longer, or claim what their few draws do not always keep."""


def quick(name: str, *more: tuple[str, str]) -> str:
    """A spec with fewer draws and these changes."""
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in (*QUICK[name], *more):
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("name", QUICK)
def test_a_spec_passes_its_checks_with_fewer_draws(name: str, tmp_path: Path) -> None:
    assert run(loads(quick(name)).check(), tmp_path).record.status == "done"


def test_a_wrong_copy_fails(tmp_path: Path) -> None:
    wrong = quick("cosnet-free-scalar", ("(k.k + m^2), k in", "(k.k + 4*m^2), k in"))
    assert run(loads(wrong).check(), tmp_path).record.status == "check failed"


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_every_spec_is_understood(path: Path, tmp_path: Path) -> None:
    """What can be computed is planned, and what cannot is refused as a whole, with nothing left behind."""
    checked = load(path).check()
    assert bool(checked.plan.pending) == (path.stem not in COMPUTED)
    if checked.plan.pending:
        with pytest.raises(NotYet) as caught:
            run(checked, tmp_path)
        assert {each.code for each in caught.value.diagnostics} == {"NN391"}
        assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_transfer_of_the_learning_rate_on_a_small_grid(tmp_path: Path) -> None:
    text = (SPECS / "mup-transfer.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("steps: 300", "steps: 60"), ("[standard, ntk, mup]", "[mup, standard]"), ("[64, 128, 256, 512, 1024]", "[64, 128, 256]"),
        ("geomspace(1e-4, 1, 9)", "geomspace(1e-3, 1, 5)"), ("seeds: 4", "seeds: 1"),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    assert run(loads(text).check(), tmp_path).record.status == "done"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMPUTED - {"mup-transfer"}))
def test_a_spec_passes_its_checks_as_written(name: str, tmp_path: Path) -> None:
    assert run(load(SPECS / f"{name}.yaml").check(), tmp_path).record.status == "done"
