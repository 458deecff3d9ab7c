"""The kit itself: comparisons with both error rates, and the conformance of whole plugins."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

import nnspec_std.activations.linear
import nnspec_std.parameterizations.ntk
from nnspec.numerics.lazy import np
from nnspec.testing import assert_agree, check_import, plugin_conformance


def sampled(value, stderr, blocks=None):
    return SimpleNamespace(value=np.array(value), stderr=np.array(stderr), blocks=blocks)


def test_agreement():
    assert_agree(sampled([1.0, 2.0], [0.1, 0.1]), np.array([1.2, 1.9]), false_alarm=1e-6, detect=0.9)


def test_agreement_of_two_samples():
    assert_agree(sampled([1.0], [0.3]), sampled([2.0], [0.4]), false_alarm=1e-2, detect=4.0)


def test_disagreement_names_the_entry_the_score_and_the_power():
    with pytest.raises(AssertionError) as caught:
        assert_agree(sampled([[1.0, 2.0]], [[0.1, 0.1]]), np.array([[1.2, 2.9]]), false_alarm=1e-6, detect=0.9)
    message = str(caught.value)
    for part in ("entry (0, 1): 2 is not 2.9", "z = 9.00", "|z| <= 5.03", "smallest difference seen is 0.812"):
        assert part in message, message


@pytest.mark.parametrize(
    ("sample", "exact", "reason"),
    [
        (sampled([1.0], [0.1]), [1.0], "too weak"),
        (sampled([np.nan], [0.1]), [1.0], "not all values"),
        (sampled([1.0], [np.inf]), [1.0], "not all values"),
        (sampled([1.0], [0.0]), [1.0], "neither result has a standard error"),
        (sampled([1.0, 2.0], [0.0, 1e-6]), [1.1, 2.0], "is not 1.1"),
        (sampled([1.0], [0.1]), [1.0, 1.0], "shapes"),
    ],
)
def test_what_never_agrees(sample, exact, reason):
    with pytest.raises(AssertionError, match=reason):
        assert_agree(sample, np.array(exact), false_alarm=1e-6, detect=0.5)


def test_few_blocks_widen_the_quantile():
    """Five sigma of eight blocks is no evidence."""
    far = sampled([1.0], [0.1], blocks=np.zeros((8, 1)))
    assert_agree(far, np.array([1.6]), false_alarm=1e-6, detect=10.0)
    with pytest.raises(AssertionError, match="is not"):
        assert_agree(sampled([1.0], [0.1]), np.array([1.6]), false_alarm=1e-6, detect=10.0)


def test_conformance_holds_every_record_to_its_law():
    assert plugin_conformance(nnspec_std.activations.linear) == ("activations:linear",)
    assert plugin_conformance(nnspec_std.parameterizations.ntk) == ("parameterizations:ntk",)


def test_conformance_of_nothing_is_no_conformance():
    with pytest.raises(AssertionError, match="teaches no words"):
        plugin_conformance(nnspec_std)


def test_a_plugin_that_imports_arrays_is_caught(tmp_path, monkeypatch):
    (tmp_path / "heavy_stranger.py").write_text("import numpy\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(AssertionError, match="imports numpy"):
        check_import("heavy_stranger")
    assert "heavy_stranger" not in sys.modules
