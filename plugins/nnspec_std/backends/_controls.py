r"""Control variates of chains: Schwinger-Dyson identities, whose means are zero, are taken off what is measured.

    O \to O - \sum_i c_i h_i, \qquad h_i = \partial_i \log p, \quad 1 + u_i \partial_i \log p [assaraf1999, mira2013]

The mean stays what it is. Coefficients come from other chains (`nnspec.numerics.control_variates`), and errors from what
is left, with its own autocorrelation. A density that may jump has no such identities, and none are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnspec.lower.field import parameter_count
from nnspec.lower.identities import Identities
from nnspec.lower.jumps import Reason, jump
from nnspec.lower.moving import CONTROLS, Segments, sampler_of
from nnspec.numerics.control_variates import Regression
from nnspec.plugin import Question, np
from nnspec_std.backends import _chain_errors as errors

NAME = "schwinger_dyson"
CITE = ("assaraf1999", "mira2013")
FEWEST = 4000
"""Draws below which none are used unless the spec asks for them: what controls leave has heavier tails than what is measured,
and its mean is not yet normal (of 1,000 draws of a quartic theory 64% instead of 68% are within one error)."""
WORTH = 0.5
"""Of the variance: when more than that is left, what was measured stays as it is. (The smaller of two errors that are nearly
equal would be smaller than it should.)"""
HEAVY = 0.25
"""Of the sum of squares: an identity of which one bin carries more has no variance to rely on, and is not used."""
ROUNDING = 1e-12
"""This part of a series is left in it, about its mean: where controls explain all, what else is left is rounding."""


def wish(question: Question) -> str | None:
    """`schwinger_dyson`, `none`, or None where the spec leaves it open; "none" for samplers that have no such option."""
    record = question.words.samplers[sampler_of(question)]
    given = dict(question.experiment.sampler_options).get("controls")
    return given if any(each.name == "controls" for each in record.fields) else "none"


def obstacle(question: Question) -> Reason | None:
    """Why there are no identities, and the place."""
    return jump(question.experiment.model, question.words)


def chosen(question: Question, cut: Segments) -> Identities | None:
    """The identities that the chains of a spec follow; None where there are none, or none are wanted."""
    model, wished = question.experiment.model, wish(question)
    if wished == "none" or (wished is None and cut.draws < FEWEST) or obstacle(question) is not None:
        return None
    sizes = {index.name: index.size for index in model.indices}
    return Identities.of(parameter_count(model, question.words, sizes), cut.chains * cut.segments * cut.bins)


def regressions(whole: Mapping[str, Any], identities: Identities | None) -> dict[int, tuple[Regression, Any]]:
    """By stride: fits on the means of bins, and the identities of the last draw of each bin."""
    if identities is None:
        return {}
    found: dict[int, tuple[Regression, Any]] = {}
    for name in (name for name in whole if name.startswith(CONTROLS)):
        square = whole[name] ** 2
        light = np.max(square, axis=(0, 1)) <= HEAVY * np.sum(square, axis=(0, 1))
        fit = Regression(whole[name] * light, identities.families)
        found[int(name.rpartition("/")[2])] = fit, whole[f"!{name}"] * light
    return found


def result(
    name: str, bins: Mapping[str, Any], singles: Mapping[str, Any], finish: Callable[[Any], Any], steps: int,
    fit: tuple[Regression, Any] | None,
) -> tuple[errors.Found, dict[str, Any]]:  # fmt: skip
    """A result from means over bins and single draws [chain, bin, ...], with controls where they help, and what to tell.

    Raises:
        NotConvergedError: see `_chain_errors.result`.
    """
    before = None if fit is None else errors.spread(bins, finish)
    if fit is None or not np.all(np.isfinite(before)):
        return errors.result(name, bins, singles, finish, steps), {}
    less, lone = _corrected(bins, singles, *fit)
    found = errors.result(name, less, lone, finish, steps)
    moving = before > 0
    left = (found.stderr[moving] / before[moving]) ** 2
    if not left.size or float(np.exp(np.mean(np.log(left)))) > WORTH:
        return errors.result(name, bins, singles, finish, steps), {}
    least, most = float(np.min(left)), float(np.max(left))
    return found, {"variance_left": [least, most], "note": _note(least, most)}


def _corrected(
    bins: Mapping[str, Any], singles: Mapping[str, Any], regression: Regression, alone: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Means over bins and single draws less what controls explain."""
    less: dict[str, Any] = {}
    lone: dict[str, Any] = {}
    for key, x in bins.items():
        mean = np.mean(x, axis=(0, 1))
        if key not in singles:
            less[key] = regression.corrected(x)[0] + ROUNDING * (x - mean)
            continue
        own, other = regression.corrected(x, singles[key], alone)
        less[key], lone[key] = own + ROUNDING * (x - mean), other + ROUNDING * (singles[key] - mean)
    return less, lone


def _note(least: float, most: float) -> str:
    """What is said beside the method."""
    low, high = (f"{1 / x:.{0 if x < 0.1 else 1}f}" if x > 1e-6 else "over 1e6" for x in (most, least))
    return f"control variates: variance / {low}" + (f" to {high}" if high != low else "")
