"""The specs of the gallery pass their own checks; wrong copies of them do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.run.execute import NotYet
from nnspec.stages import load, run

SPECS = Path(__file__).parents[2] / "specs"
GALLERY = sorted(SPECS.glob("*.yaml"))
QUICK = {
    "gaussnet-4pt": (("draws: 1e6", "draws: 2e4"), ("[2, 5, 10, 20, 50, 100, 500, 1000]", "[2, 100]")),
    "cosnet-free-scalar": (("draws: 50000", "draws: 6400"), ("draws: 4000", "draws: 64")),
    "relu-mlp-kernels": (("draws: 20000", "draws: 640"), ("draws: 200}", "draws: 32}"), ("n: 512 ", "n: 128 ")),
    "finite-width-relu": (("[24, 48, 96, 192]", "[24, 96]"), ("[1, 2, 4]", "[1, 2]")),
    "ntk-training": (),
    "phi4-hmc": (("N: 200", "N: 16"), ("chains: 4", "chains: 8"), ("draws: 2000", "draws: 500"), ("order: 24", "order: 12")),
    "anharmonic-oscillator": (
        ("chains: 64", "chains: 16"), ("[6, 24]", "[6]"), ("[1.40503913434, 1.93412161678]", "[1.40503913434]"),
        ("[4.93665010873, 7.13863333316]", "[4.93665010873]"), ("[9.08822084679, 13.3993684533]", "[9.08822084679]"),
        ("[0.354434358104, 0.256643450303]", "[0.354434358104]"),
        ("[0.000405386967816, 0.000505485271825]", "[0.000405386967816]"), ("[5.05422434e-7, 8.84322444e-7]", "[5.05422434e-7]"),
    ),
}  # fmt: skip
WRONG = {
    "cosnet-free-scalar": ("(k.k + m^2), k in", "(k.k + 4*m^2), k in"),
    "anharmonic-oscillator": ("lambda/24*x^4 +", "lambda/23*x^4 +"),
}
"""One error in each, which the checks of the spec see."""
COMPUTED = {*QUICK, "mup-transfer", "custom-activation-density"}
"""What this version can compute; the last ones take longer, or claim what fewer draws do not always keep."""


def status(folder: Path, name: str, *changes: tuple[str, str]) -> str:
    """How a copy of a spec with these changes ends, beside copies of the others, which it may extend."""
    for path in GALLERY:
        (folder / path.name).write_bytes(path.read_bytes())
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return run(load(folder / f"{name}.yaml").check(), folder / "runs").record.status


@pytest.mark.parametrize("name", QUICK)
def test_a_spec_passes_its_checks_with_fewer_draws(name: str, tmp_path: Path) -> None:
    assert status(tmp_path, name, *QUICK[name]) == "done"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_copy_fails(name: str, tmp_path: Path) -> None:
    assert status(tmp_path, name, *QUICK[name], WRONG[name]) == "check failed"


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
    changes = (
        ("steps: 300", "steps: 60"), ("[standard, ntk, mup]", "[mup, standard]"), ("[64, 128, 256, 512, 1024]", "[64, 128, 256]"),
        ("geomspace(1e-4, 1, 9)", "geomspace(1e-3, 1, 5)"), ("seeds: 4", "seeds: 1"),
    )  # fmt: skip
    assert status(tmp_path, "mup-transfer", *changes) == "done"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMPUTED - {"mup-transfer"}))
def test_a_spec_passes_its_checks_as_written(name: str, tmp_path: Path) -> None:
    assert run(load(SPECS / f"{name}.yaml").check(), tmp_path).record.status == "done"
