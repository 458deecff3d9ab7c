"""Provenance and the record of a run: exact, stable, and silent about the machine they were made on."""

from __future__ import annotations

import json
import math
import os
import socket

import numpy as np
import pytest

from nnspec.result.estimate import Estimate
from nnspec.result.provenance import Provenance, Timing, collect, now
from nnspec.result.record import CheckRecord, DamagedRecord, RunRecord, summarise


@pytest.fixture
def origin() -> Provenance:
    timing = Timing(start=now(), wall_seconds=1.5, steps={"G2": 0.25})
    return collect(
        "d" * 64, 7, {"b": "2", "a": "1"}, ["nnspec", "run", "x.yaml"], device="cpu", draws={"G2": 10},
        precision=["float32 inside blocks"], timing=timing,
    )  # fmt: skip


@pytest.fixture
def record(origin) -> RunRecord:
    estimates = [
        Estimate(name="s", word="w", method="m", value=np.float64(0.5), dims=(), stderr=np.float64(0.01), draws=9),
        Estimate(name="K", word="w", method="m", value=np.eye(2), dims=("point", "point_2")),
    ]
    return RunRecord(
        name="x", digest="d" * 64, status="check failed", provenance=origin,
        plan=({"name": "s", "flops": 1e9, "shape": [2]},),
        checks=(
            CheckRecord(text="s < 1", passed=True, left=0.5, right=1.0),
            CheckRecord(text="t < 1", passed=None, left=math.nan, right=-math.inf, detail="no number"),
        ),
        warnings=("a", "b"), citations=("chan1983",), estimates=summarise(estimates),
    )  # fmt: skip


def test_provenance_comes_back(origin):
    assert Provenance.from_json(origin.to_json()) == origin


def test_provenance_without_times_is_the_same_every_time(origin):
    later = collect(
        "d" * 64, 7, {"a": "1", "b": "2"}, ["nnspec", "run", "x.yaml"], device="cpu", draws={"G2": 10},
        precision=["float32 inside blocks"], timing=Timing(start="2000-01-01T00:00:00Z", wall_seconds=9.0),
    )  # fmt: skip
    assert later.to_json(timing=False) == origin.to_json(timing=False)
    assert later.to_json() != origin.to_json()


def test_provenance_knows_versions_and_no_place(origin):
    assert origin.language == 1
    assert {"jax", "jaxlib", "numpy"} <= set(origin.libraries)
    text = origin.to_json()
    assert os.getcwd() not in text
    assert socket.gethostname() not in text
    assert "jax" not in origin.to_json().partition('"libraries"')[0]


def test_keys_are_in_order(record):
    keys = list(json.loads(record.to_json()))
    assert keys == sorted(keys)


def test_a_record_comes_back(record, tmp_path):
    record.write(tmp_path / "run.json")
    found = RunRecord.read(tmp_path / "run.json")
    assert found.to_json() == record.to_json()
    assert found.provenance == record.provenance
    assert math.isnan(found.checks[1].left)
    assert found.checks[0] == record.checks[0]
    assert found.plan == record.plan
    assert found.estimates == record.estimates


def test_json_is_strict(record):
    json.loads(record.to_json(), parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def test_summary(record):
    scalar, kernel = record.estimates
    assert scalar["text"] == "0.500(10)"
    assert (kernel["min"], kernel["max"], kernel["shape"]) == (0.0, 1.0, [2, 2])


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"nnspec_run": 1}'])
def test_a_damaged_record(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(DamagedRecord, match="cannot be read"):
        RunRecord.read(tmp_path / "run.json")
