r"""What chains leave, made into numbers with errors, and what keeps those from being trusted.

Moments come as means over bins of a chain's steps. A result is a function F of their means m; to first order each bin b
moves it by \delta_b = dF(m) \cdot (m_b - m), a series like any other, whose mean has the error of the Gamma method
[wolff2004], chains taken together. Single draws, of which each bin keeps one, give the error that as many independent
draws would have; the ratio of both is 2 \tau, tau being the integrated autocorrelation time in steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from nnspec.numerics import moments
from nnspec.numerics.autocorrelation import correlated_errors, integrated_time, split_r_hat
from nnspec.plugin import np

R_HAT = (1.01, 1.05)
"""Above the first a result carries a warning, above the second there is none; both are raised for short chains."""
FALSE_ALARM = 1e-6
FEWEST_EFFECTIVE = (100, 20)
"""Effective draws below which a result carries a warning, and below which there is none."""
DIVERGENT = 0.01
"""Share of divergent steps above which nothing is reported."""
MANY = 4096
"""Entries of a result beyond which fewer bins are formed, since each of them is a result of its own."""
BLOCKS = 64


class NotConvergedError(ArithmeticError):
    """Chains, or weights, from which no number can be had: said with the numbers that tell."""

    code = "NN706"

    def __init__(self, why: str, helps: tuple[str, ...]) -> None:
        """Carry the reason and what to do."""
        super().__init__(why)
        self.helps = helps


@dataclass(frozen=True)
class Found:
    """A result with its error, its autocorrelation times, its leave-one-out values, and what is doubtful about it."""

    value: Any
    stderr: Any
    tau: Any
    effective: float
    blocks: Any
    doubts: tuple[str, ...]


def result(
    name: str, bins: Mapping[str, Any], singles: Mapping[str, Any], finish: Callable[[Any], Any], steps: int
) -> Found:
    """A result from means over bins [chain, bin, ...] and single draws [chain, bin, ...] of each moment.

    Raises:
        NotConvergedError: chains that are too short for an error, or that disagree with each other.
    """
    if _entries(bins, finish) > MANY:
        bins, singles = {key: _coarser(x) for key, x in bins.items()}, {}
    chains, count = next(iter(bins.values())).shape[:2]
    flat, full, found, moved, errors = _moved(bins, finish)
    stderr = errors.stderr.reshape(full.shape)
    if not np.all(np.isfinite(stderr)):
        message = f"`{name}` remembers its past for longer than half of a chain, {steps // 2} steps"
        raise NotConvergedError(message, _LONGER)
    plain = np.asarray(found.stderr, np.float64)
    inflation = np.where(plain > 0, stderr / np.where(plain > 0, plain, 1.0), 1.0)
    tau = _times(stderr, singles, finish, chains * steps, errors.tau.reshape(full.shape) * steps / count)
    effective = chains * steps / (2.0 * float(np.max(tau, initial=0.5)))
    _apart(name, moved, errors.stderr, chains)
    blocks = _blocks(flat, chains, count, finish, full, stderr)
    value = full - inflation**2 * (full - found.value)
    doubts = _few(name, effective)
    return Found(value, stderr, tau, effective, blocks, doubts)


def spread(bins: Mapping[str, Any], finish: Callable[[Any], Any]) -> Any:
    """The error alone of a result from means over bins, infinite where chains are too short for one."""
    if _entries(bins, finish) > MANY:
        bins = {key: _coarser(x) for key, x in bins.items()}
    _, full, _, _, errors = _moved(bins, finish)
    return errors.stderr.reshape(full.shape)


def _entries(bins: Mapping[str, Any], finish: Callable[[Any], Any]) -> int:
    return int(np.size(finish({key: np.mean(x, axis=(0, 1)) for key, x in bins.items()})))


def _moved(bins: Mapping[str, Any], finish: Callable[[Any], Any]) -> tuple[Any, Any, Any, Any, Any]:
    """Bins [bin, ...], the result, its jackknife, what each bin moves it by [chain, bin, entry], and errors from that."""
    chains, count = next(iter(bins.values())).shape[:2]
    flat = {key: x.reshape(-1, *x.shape[2:]) for key, x in bins.items()}
    found = moments.jackknife(flat, np.ones(chains * count), finish)
    full = np.asarray(finish({key: np.mean(x, axis=0) for key, x in flat.items()}), np.float64)
    n = chains * count
    moved = (n - 1) * (full - found.replicates)  # delta_b: to first order what the bin b alone would change
    moved = moved.reshape(chains, count, -1)
    return flat, full, found, moved, correlated_errors(moved)


_LONGER = ("take more steps, `draws:` of the sampler", "look at `diagnostics: {}`")


def _coarser(x: Any) -> Any:
    """Bins of neighbouring bins."""
    keep = 16
    size = x.shape[1] // keep
    return x if size < 2 else np.mean(x[:, : size * keep].reshape(x.shape[0], keep, size, *x.shape[2:]), axis=2)


def _times(stderr: Any, singles: Mapping[str, Any], finish: Any, draws: int, binned: Any) -> Any:
    """Autocorrelation times in steps: stderr^2 n / (2 Gamma(0)), with Gamma(0) from single draws."""
    if not singles:
        return binned
    flat = {key: x.reshape(-1, *x.shape[2:]) for key, x in singles.items()}
    n = len(next(iter(flat.values())))
    alone = moments.jackknife(flat, np.ones(n), finish)
    variance = np.asarray(alone.stderr, np.float64) ** 2 * n
    ratio = stderr**2 * draws / np.where(variance > 0, 2.0 * variance, 1.0)
    return np.where(variance > 0, np.maximum(ratio, 0.05), 0.5)


def _few(name: str, effective: float) -> tuple[str, ...]:
    """NN497, or no result at all."""
    warn, refuse = FEWEST_EFFECTIVE
    if effective < refuse:
        message = f"`{name}` has {effective:.0f} effective draws; {refuse} are the least"
        raise NotConvergedError(message, _LONGER)
    if effective < warn:
        return (f"NN497: `{name}` has {effective:.0f} effective draws; its error is uncertain by {math.sqrt(0.5 / effective):.0%}",)
    return ()


def _apart(name: str, moved: Any, stderr: Any, chains: int) -> None:
    """Chains whose means differ by more than their errors explain: a test of Fisher's F, all entries together."""
    if chains < 2:
        return
    scipy = import_module("scipy.special")
    means = np.mean(moved, axis=1)
    expected = np.where(stderr > 0, stderr, 1.0) ** 2 * chains
    f = np.where(stderr > 0, np.var(means, axis=0, ddof=1) / expected, 0.0)
    entries = max(1, f.size)
    within = max(2.0, 0.5 * moved.shape[0] * moved.shape[1] / 4)
    allowed = float(scipy.fdtri(chains - 1, within, 1 - FALSE_ALARM / entries))
    worst = float(np.max(f, initial=0.0))
    if worst > allowed:
        message = (
            f"the chains disagree about `{name}`: their means spread {math.sqrt(worst):.1f} times as much as each of them "
            f"varies ({math.sqrt(allowed):.1f} is allowed)"
        )
        raise NotConvergedError(message, ("take a longer `warmup:` and more `draws:`", _LONGER[1]))


def _blocks(flat: Mapping[str, Any], chains: int, count: int, finish: Any, full: Any, stderr: Any) -> Any:
    """Leave-one-out values of stretches of time, all chains together, spread so that they give the error above."""
    edges = np.arange(min(BLOCKS, count) + 1) * count // min(BLOCKS, count)
    sizes = np.diff(edges).astype(float)

    def cut(x: Any) -> Any:
        by_time = np.mean(x.reshape(chains, count, *x.shape[1:]), axis=0)
        return np.add.reduceat(by_time, edges[:-1], axis=0) / sizes.reshape(-1, *(1,) * (by_time.ndim - 1))

    found = moments.jackknife({key: cut(x) for key, x in flat.items()}, sizes, finish)
    plain = np.asarray(found.stderr, np.float64)
    wider = np.where(plain > 0, stderr / np.where(plain > 0, plain, 1.0), 1.0)
    return full[None] + wider[None] * (found.replicates - full[None])


# ---------------------------------------------------------------- the chains themselves
@dataclass(frozen=True)
class Health:
    """How the chains did: parts of `diagnostics`, and what is doubtful about every number of theirs."""

    parts: dict[str, Any]
    doubts: tuple[str, ...]


def health(series: Mapping[str, Any], virial: Any, integral_error: float) -> Health:
    """R-hat, effective draws, divergences, energies and Schwinger-Dyson identities from series [chain, step, ...].

    Raises:
        NotConvergedError: more divergences than one step in a hundred, or chains that have not mixed.
    """
    energy, steps = series["energy"], series["energy"].shape[1]
    u = series["u"]
    coordinates = [u[..., k] for k in range(u.shape[2])]
    times = [integrated_time(each).tau for each in coordinates]
    z = _identities(virial)
    whole = {name: series[name] for name in ("log_density", "action") if np.ptp(series[name]) > 0}
    r_hat = {name: split_r_hat(each) for name, each in whole.items()}
    chains = energy.shape[0]
    parts = {
        "rhat": np.array([split_r_hat(each) for each in coordinates]),
        "ess": np.array([chains * steps / (2 * max(tau, 0.05)) if math.isfinite(tau) else 0.0 for tau in times]),
        "tau": np.array(times),
        "divergences": np.sum(series["divergent"]),
        "acceptance": np.mean(series["acceptance"]),
        "e_bfmi": np.min(np.mean(np.diff(energy, axis=1) ** 2, axis=1) / np.var(energy, axis=1)),
        "schwinger_dyson": z,
        "leapfrogs": np.mean(series["leapfrogs"]),
        "integral_error": np.asarray(integral_error),
    }
    return Health({name: np.asarray(x, np.float64) for name, x in parts.items()}, _judged(parts, r_hat, chains, steps))


def _identities(virial: Any) -> Any:
    r"""z-scores of <u_i dS/du_j> = \delta_ij for j = i and j = i + 1, [coordinate, 2]; virial is [chain, bin, coordinate, 2]."""
    chains, count, dim, _ = virial.shape
    wanted = np.array([1.0, 0.0]) if dim > 1 else np.array([1.0, 1.0])
    errors = correlated_errors(virial.reshape(chains, count, -1)).stderr.reshape(dim, 2)
    gap = np.mean(virial, axis=(0, 1)) - wanted[None, :]
    return np.where(errors > 0, gap / np.where(errors > 0, errors, 1.0), 0.0)


def _judged(parts: Mapping[str, Any], r_hat: Mapping[str, float], chains: int, steps: int) -> tuple[str, ...]:
    """NN706 is raised for chains that cannot be trusted; NN497 are doubts."""
    share = float(parts["divergences"]) / (chains * steps)
    longer = ("take smaller steps, `target_accept: 0.95`", "or a longer `warmup:`")
    if share > DIVERGENT:
        message = f"{share:.1%} of the steps diverged: the chains cannot follow the density there"
        raise NotConvergedError(message, longer)
    warn, refuse = (max(limit, _allowance(chains, steps)) for limit in R_HAT)
    worst = max(r_hat.values(), default=1.0)
    if not worst < refuse:
        which = max(r_hat, key=lambda name: r_hat[name])
        message = f"the chains have not mixed: R-hat of the {_SAID[which]} is {worst:.3f}, and {refuse:.3f} is the most"
        raise NotConvergedError(message, ("take a longer `warmup:` and more `draws:`", *longer[:1]))
    doubts: list[str] = []
    if share > 0:
        doubts.append(f"NN497: {int(parts['divergences'])} of {chains * steps} steps diverged: a region may be missing")
    if worst > warn:
        doubts.append(f"NN497: R-hat is {worst:.3f}: the chains may not have mixed")
    if float(parts["e_bfmi"]) < 0.2:
        doubts.append(f"NN497: E-BFMI is {float(parts['e_bfmi']):.2f}: the tails of the density are hardly seen")
    doubts += _broken(parts["schwinger_dyson"])
    return tuple(doubts)


_SAID = {"log_density": "log density", "action": "deformation"}


def _allowance(chains: int, steps: int) -> float:
    """R-hat that 2 m halves of n independent draws exceed once in a million times: (n - 1)/n + F/n under the root."""
    scipy = import_module("scipy.special")
    half = steps // 2
    f = float(scipy.fdtri(2 * chains - 1, 2 * chains * (half - 1), 1 - FALSE_ALARM))
    return math.sqrt((half - 1 + f) / half)


def _broken(z: Any) -> Sequence[str]:
    """Identities that hold whatever the density is, unless it was not sampled."""
    scipy = import_module("scipy.special")
    allowed = -float(scipy.ndtri(FALSE_ALARM / (2 * max(1, z.size))))
    worst = float(np.max(np.abs(z), initial=0.0))
    if worst <= allowed:
        return ()
    return (f"NN497: a Schwinger-Dyson identity is off by {worst:.1f} errors ({allowed:.1f} are allowed)",)
