"""Results on disk: what goes in comes out, the same bytes for the same numbers, and damage is told apart from data."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import fields, replace

import numpy as np
import pytest

from nnspec.result import layout
from nnspec.result.dataset import DamagedResult, read_attributes, read_results, to_xarray, write_results
from nnspec.result.estimate import Estimate

R = np.linspace(0, 4, 5)
ATTRS = {"spec": "nnspec: 1\n", "digest": "abc", "empty": ""}


def estimate(name="G2", value=None, dims=("r",), **more) -> Estimate:
    value = np.arange(5.0) if value is None else value
    return Estimate(name=name, word="correlator", method="monte_carlo", value=value, dims=dims, **more)


def same(left: Estimate, right: Estimate) -> None:
    for item in fields(Estimate):
        a, b = getattr(left, item.name), getattr(right, item.name)
        if isinstance(a, dict):
            assert list(a) == list(b) or sorted(a) == sorted(b), item.name
            for key in a:
                np.testing.assert_array_equal(a[key], b[key], err_msg=f"{item.name} {key}")
                assert np.asarray(a[key]).dtype == np.asarray(b[key]).dtype, (item.name, key)
        elif isinstance(a, np.ndarray | float):
            np.testing.assert_array_equal(a, b, err_msg=item.name)
            assert np.asarray(b).dtype == np.float64
        else:
            assert a == b, item.name


def through(path, *estimates: Estimate) -> list[Estimate]:
    write_results(path, estimates, ATTRS)
    found = read_results(path)
    assert len(found) == len(estimates)
    for left, right in zip(estimates, found, strict=True):
        same(left, right)
    return found


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.nc"


def test_an_estimate_comes_back_with_everything(path):
    full = estimate(
        coords={"r": R}, stderr=np.full(5, 0.1), numerical_error=1e-12, draws=50_000, blocks=np.ones((3, 5)),
        warnings=("a tail\nof two lines", ""), equation=r"G = \mathbb{E}[\phi\phi]", cite=("chan1983", "efron1982"),
        backend="monte_carlo", plugin="nnspec-std",
        diagnostics={"tau": 1.5, "r_hat": np.ones(5), "chains": np.ones((4, 2)), "note": "x", "n": 3, "list": [1, 2]},
    )  # fmt: skip
    through(path, full, estimate("Gfree", coords={"r": R}), estimate("s", np.asarray(3.0), ()))


@pytest.mark.parametrize("value", [np.asarray(-0.0), np.asarray(np.nan), np.asarray(np.inf), np.asarray(5e-324)])
def test_any_number_is_kept_to_the_last_bit(path, value):
    found = through(path, estimate(value=value, dims=(), stderr=np.asarray(0.1)))
    assert found[0].value.tobytes() == value.tobytes()


def test_kernels_share_their_points_and_others_do_not(path):
    x, y = np.eye(3), np.ones((4, 3))
    kernel = estimate("K", np.ones((3, 3)), ("point", "point_2"), coords={"point": x, "point_2": x})
    through(
        path, kernel, replace(kernel, name="Theta"),
        estimate("K4", np.ones((4, 4)), ("point", "point_2"), coords={"point": y, "point_2": y}),
        estimate("plain", np.ones((3, 3)), ("point", "point_2")),
    )  # fmt: skip
    sizes = layout.arrange(read_results(path)).sizes
    assert sizes["point"] == 3
    assert sizes["point__K4"] == 4


def test_equal_sizes_with_other_coordinates_are_other_dimensions(path):
    through(path, estimate("A", coords={"r": R}), estimate("B", coords={"r": R + 1}), estimate("C", coords={"r": R}))
    variables = layout.arrange(read_results(path)).variables
    assert variables["A"].dims == variables["C"].dims == ("r",)
    assert variables["B"].dims == ("r__B",)


def test_several_methods_of_one_observable_have_legal_names(path):
    through(path, estimate("G4c.exact"), estimate("G4c.monte_carlo", stderr=np.ones(5)), estimate("G4c__exact"))
    names = set(layout.arrange(read_results(path)).variables)
    assert {"G4c__exact", "G4c__monte_carlo", "G4c__monte_carlo_stderr"} <= names
    assert not any("." in name for name in names)


def test_names_that_get_in_each_others_way(path):
    through(
        path, estimate("G2", stderr=np.ones(5)), estimate("G2_stderr"), estimate("r", coords={"r": R}),
        replace(estimate("K"), method="exact"), replace(estimate("K"), method="other"),
        estimate("φ'", coords={"r'": R}),
    )  # fmt: skip


def test_words_truth_values_and_whole_numbers_as_coordinates(path):
    for places in (np.asarray(["a", "bé", "ccc"]), np.asarray([True, False, True]), np.asarray([1, 2, 3])):
        through(path, estimate("lab", np.ones(3), ("layer",), coords={"layer": places}))


def test_an_empty_result_and_no_result(path):
    through(path, estimate("none", np.zeros(0), coords={"r": np.zeros(0)}))
    through(path)


def test_long_texts_are_kept(path):
    long = "φ" * 100_000
    write_results(path, [estimate(equation=long)], {"spec": long, "short": "@spec"})
    assert read_results(path)[0].equation == long
    assert read_attributes(path)["spec"] == long


def test_large_blocks_are_left_out_and_said_so(path, monkeypatch):
    monkeypatch.setattr(layout, "BLOCKS_LIMIT", 100)
    write_results(path, [estimate(blocks=np.ones((4, 5)))], {})
    assert read_results(path)[0].blocks is None
    assert layout.arrange([estimate(blocks=np.ones((4, 5)))]).variables["G2"].attrs["blocks"].startswith("left out")


SCRIPT = """
import sys, numpy as np
from pathlib import Path
from nnspec.result.dataset import write_results
from nnspec.result.estimate import Estimate
junk = [bytes([k % 251]) * 100_000 for k in range(int(sys.argv[2]))]
del junk
make = dict(word="w", method="m", dims=("r",), coords={"r": np.linspace(0, 1, 7)}, diagnostics={"b": np.ones(3)})
write_results(Path(sys.argv[1]), [Estimate(name=n, value=np.arange(7.0), stderr=np.ones(7), **make) for n in "ABC"],
              {"z": "1", "spec": "text " * 20_000, "a": "2"})
"""


def test_equal_results_give_equal_bytes_in_other_processes_and_other_seconds(tmp_path):
    found = []
    for k in (1, 200):
        place = tmp_path / f"{k}.nc"
        subprocess.run([sys.executable, "-c", SCRIPT, str(place), str(k)], check=True)
        found.append(place.read_bytes())
        time.sleep(1.1)  # HDF5's own time stamps count seconds
    assert found[0] == found[1]


def test_xarray_opens_it(path):
    xr = pytest.importorskip("xarray")
    write_results(
        path, [estimate(coords={"r": R}, stderr=np.ones(5)), estimate("K", np.eye(3), ("point", "point_2"))], ATTRS
    )
    with xr.open_dataset(path, engine="h5netcdf") as found:
        assert found["G2"].dims == ("r",)
        np.testing.assert_array_equal(found["r"], R)
        assert found["G2"].attrs["method"] == "monte_carlo"
        assert found.attrs["digest"] == "abc"
        assert set(to_xarray(read_results(path)).data_vars) == set(found.data_vars)


def test_a_file_that_is_not_there_is_not_damaged(path):
    with pytest.raises(FileNotFoundError):
        read_results(path)


def test_a_file_of_another_program(path):
    h5netcdf = pytest.importorskip("h5netcdf")
    with h5netcdf.File(path, "w"):
        pass
    with pytest.raises(DamagedResult, match="nnspec did not write it"):
        read_results(path)


@pytest.mark.parametrize("cut", [0, 1, 100, 2000, -1])
def test_a_file_that_was_cut_off(path, cut):
    write_results(path, [estimate(coords={"r": R})], ATTRS)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DamagedResult, match="cannot be read") as caught:
        read_results(path)
    assert caught.value.path == path
    assert caught.value.reason


def test_a_changed_number_is_noticed(path):
    write_results(path, [estimate(value=np.full(5, 0.123456789), coords={"r": R})], ATTRS)
    content = path.read_bytes()
    place = content.index(np.float64(0.123456789).tobytes())
    path.write_bytes(content[:place] + b"\x01" + content[place + 1 :])
    with pytest.raises(DamagedResult, match="checksum"):
        read_results(path)


def test_a_failed_write_leaves_the_old_file_and_no_other(path):
    write_results(path, [estimate()], ATTRS)
    before = path.read_bytes()
    with pytest.raises((TypeError, ValueError)):
        write_results(path, [estimate(value=np.asarray(["no number"] * 5))], ATTRS)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["results.nc"]
