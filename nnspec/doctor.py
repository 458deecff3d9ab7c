"""`nnspec doctor`: what nnspec finds on this machine, and a small run whose numbers are known."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from nnspec.numerics.lazy import jax, jnp, np
from nnspec.plan.show import size_of
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.result.files import to_json
from nnspec.result.provenance import commit, installed
from nnspec.run import execute
from nnspec.run.cache import look, root
from nnspec.stages import loads, open_run, run
from nnspec.text.diagnostic import Refused, SpecError

LIBRARIES = ("jax", "jaxlib", "numpy", "scipy", "h5py", "h5netcdf", "matplotlib", "rich", "lark", "pyyaml")
SETTINGS = ("XLA_FLAGS", "JAX_PLATFORMS", "JAX_ENABLE_X64", "OMP_NUM_THREADS", "NNSPEC_CACHE", "NNSPEC_TRACE_PLUGINS")
LITTLE_DISK, LITTLE_MEMORY = 2**30, 2 * 2**30
Verdict = Literal["PASS", "WARN", "FAIL", ""]

SPEC = """
nnspec: 1
name: doctor
let: {N: 10}
data: {xs: "linspace(0, 2, 3)"}
model:
  inputs: {x: R}
  indices: {i: N}
  params: {"a[i]": "Normal(0, 1/N)", "w[i]": "Normal(0, 1)", "b[i]": "Uniform(-pi, pi)"}
  field: phi(x)
  def: sqrt(2)*sum_i a[i]*cos(w[i]*x + b[i])
functions:
  K(x, y): exp(-(x - y)^2/2)
observables:
  G2: {correlator: {n: 2, at: xs, draws: 20000}}
  exact: {evaluate: {of: K, at: xs}}
checks: [max(abs(G2 - exact)) < 6*max(se(G2))]
output: {report: false}
"""
"""The two-point function of a cosine network, sampled and in closed form; a correct one fails once in 10^8 keys."""


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what there is, whether it will do (nothing: a fact), and what to type."""

    what: str
    found: str
    verdict: Verdict = ""
    advice: str = ""


@dataclass(frozen=True)
class Health:
    """All that was found."""

    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether nothing failed."""
        return all(each.verdict != "FAIL" for each in self.findings)

    def lines(self) -> list[str]:
        """For people: facts and verdicts, and what to type below those that are bad."""
        width = max(len(each.what) for each in self.findings)
        lines = []
        for each in self.findings:
            lines.append(f"{each.verdict or '-':4}  {each.what:{width}}  {each.found}".rstrip())
            lines += [f"      {'':{width}}  → {each.advice}"] if each.advice else []
        bad = sum(each.verdict == "FAIL" for each in self.findings)
        return [*lines, "", "all is well" if self.well else f"{bad} thing{'s' if bad > 1 else ''} must be mended"]

    def to_json(self) -> str:
        """For programs."""
        return to_json({"well": self.well, "findings": [asdict(each) for each in self.findings]}).rstrip()


def examine(plugin_files: tuple[str, ...] = (), no_plugins: bool = False) -> Health:
    """Look at everything that nnspec needs; whatever goes wrong with one thing keeps none of the others from being seen."""
    looks: Sequence[tuple[str, Callable[[], Iterator[Finding]]]] = (
        ("python", _versions), ("devices", _devices), ("limits", _limits), ("cache", _cache), ("disk", _disks),
        ("plugins", lambda: _plugins(plugin_files, no_plugins)), ("self-test", _self_test),
    )  # fmt: skip
    found: list[Finding] = []
    for what, each in looks:
        try:
            found += each()
        except Exception as error:  # a doctor says what is wrong
            found.append(Finding(what, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}", "FAIL",
                                 "reinstall with `pip install --force-reinstall nnspec`"))  # fmt: skip
    return Health(tuple(found))


def _versions() -> Iterator[Finding]:
    import nnspec

    at = commit()
    yield Finding("nnspec", nnspec.__version__ + (f", commit {at[:12]}{'+' if at.endswith('+') else ''}" if at else ""))
    good = sys.version_info >= (3, 11)
    yield Finding("python", f"{platform.python_version()}, {sys.executable}", "PASS" if good else "FAIL",
                  "" if good else "install Python 3.11 or newer")  # fmt: skip
    yield Finding("system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    for name in LIBRARIES:
        version = installed(name)
        yield Finding(name, version or "missing", "PASS" if version else "FAIL", "" if version else f"pip install {name}")


def _devices() -> Iterator[Finding]:
    execute.prepare(None)
    devices = jax.devices()
    kinds = ", ".join(sorted({f"{each.platform} ({each.device_kind})" for each in devices}))
    usable, there = execute.cores(), os.cpu_count() or 1
    yield Finding("devices", f"{len(devices)} x {kinds}", "PASS")
    cut = "" if usable == there else f" of {there}; the others are not allowed to this process (taskset, a batch system)"
    yield Finding("cores", f"{usable}{cut}")
    wide = jnp.zeros(1).dtype == np.float64
    yield Finding("float64", "on" if wide else "off", "PASS" if wide else "FAIL", "" if wide else "unset JAX_ENABLE_X64")


def _limits() -> Iterator[Finding]:
    total, free = _memory()
    if total:
        little = free < LITTLE_MEMORY
        yield Finding("memory", f"{size_of(free)} free of {size_of(total)}", "WARN" if little else "PASS",
                      "give a smaller limit, as in `nnspec run --memory 1GiB`" if little else "")  # fmt: skip
    share = _share_of_cores()
    if share is not None and share < execute.cores():
        yield Finding("processor time", f"{share:g} cores (a limit of the container)", "WARN",
                      f"bind to as many cores: `taskset -c 0-{max(0, int(share) - 1)} nnspec run`")  # fmt: skip
    try:
        import resource
    except ImportError:
        return
    for what, number in (("address space", resource.RLIMIT_AS), ("size of files", resource.RLIMIT_FSIZE)):
        limit = resource.getrlimit(number)[0]
        if limit != resource.RLIM_INFINITY:
            yield Finding(f"limit: {what}", size_of(limit), "WARN", "lift it with `ulimit` when a run fails")
    for name in SETTINGS:
        if name in os.environ:
            yield Finding(name, os.environ[name] or "(empty)")


def _memory() -> tuple[float, float]:
    """All memory and what is free, where the system tells; zeros elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0, 0.0
    said = {key: float(value.split()[0]) * 1024 for key, _, value in (line.partition(":") for line in lines)}
    total, free = said.get("MemTotal", 0.0), said.get("MemAvailable", 0.0)
    limit, used = _number("/sys/fs/cgroup/memory.max"), _number("/sys/fs/cgroup/memory.current")
    if limit is not None and used is not None and limit < total:
        return limit, min(free, limit - used)
    return total, free


def _share_of_cores() -> float | None:
    """Cores that a container may use, where it is limited."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else float(quota) / float(period)


def _number(path: str) -> float | None:
    try:
        return float(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _cache() -> Iterator[Finding]:
    place = root()
    if place is None:
        yield Finding("cache", "off: NNSPEC_CACHE is empty", "WARN", "unset NNSPEC_CACHE, so that nothing is computed twice")
        return
    reason = _unwritable(place)
    if reason:
        yield Finding("cache", f"{place}: {reason}", "FAIL", "export NNSPEC_CACHE=DIR, with a folder that may be written")
        return
    try:
        listing = look(place)
    except Refused as error:
        yield Finding("cache", str(error), "FAIL", "export NNSPEC_CACHE=DIR, with a folder of its own")
        return
    size = sum(each.size for each in listing.entries)
    yield Finding("cache", f"{place}: {len(listing.entries)} entries, {size_of(size)}", "PASS")


def _disks() -> Iterator[Finding]:
    for what, place in (("this folder", Path.cwd()), ("temporary files", Path(tempfile.gettempdir()))):
        reason = _unwritable(place)
        free = shutil.disk_usage(place).free
        little = free < LITTLE_DISK
        advice = "write elsewhere: `nnspec run --out DIR`" if place == Path.cwd() else "export TMPDIR=DIR"
        verdict: Verdict = "FAIL" if reason else "WARN" if little else "PASS"
        yield Finding(what, f"{place}: {reason or f'{size_of(free)} free'}", verdict, advice if verdict != "PASS" else "")


def _unwritable(place: Path) -> str:
    """Why a folder cannot be written; nothing when it can, or could be made."""
    there = next(each for each in (place, *place.absolute().parents) if each.exists())
    if not there.is_dir():
        return f"`{there}` is a file"
    if there != place:
        return "" if os.access(there, os.W_OK | os.X_OK) else f"`{there}` may not be written"
    try:
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return str(error.strerror or error).lower()


def _plugins(plugin_files: tuple[str, ...], no_plugins: bool) -> Iterator[Finding]:
    words = load_vocabulary(plugin_files, no_plugins)
    names = sorted({f"{each.owner.distribution} {each.owner.version}" for each in words.plugins})
    yield Finding("plugins", f"{len(words.plugins)} from {', '.join(names) or 'nowhere'}", "PASS" if words.plugins else "FAIL",
                  "" if words.plugins else "pip install --force-reinstall nnspec")  # fmt: skip
    for problem in words.problems:
        yield Finding("plugin", problem.message, "FAIL" if problem.level == "error" else "WARN",
                      next(iter(problem.helps), f"nnspec explain {problem.code}"))  # fmt: skip


def _self_test() -> Iterator[Finding]:
    """A run in a temporary folder: its numbers against a closed form, its folder read back, and found again."""
    report = "report it with the output of `nnspec doctor --json`"
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="nnspec-doctor-") as folder:
        try:
            checked = loads(SPEC, "doctor.yaml").check()
        except SpecError as error:
            yield Finding("self-test: check", error.diagnostics[0].message, "FAIL", report)
            return
        yield Finding("self-test: check", "a spec is read and planned", "PASS")
        done = run(checked, Path(folder))
        sampled, exact = done["G2"], done["exact"]
        points = np.linspace(0, 2, 3)
        closed = np.exp(-((points[:, None] - points[None, :]) ** 2) / 2)
        off = float(np.max(np.abs(exact.value - closed)))
        yield _judged("self-test: formulas", off < 1e-12, f"off by {off:.0e} from the closed form", report)
        pull = float(np.max(np.abs(sampled.value - closed) / sampled.stderr))
        yield _judged("self-test: sampling", pull < 6, f"{pull:.1f} error bars from the closed form at most", report)
        again = open_run(done.path)
        same = all(np.array_equal(again[name].value, done[name].value) for name in ("G2", "exact"))
        yield _judged("self-test: files", same, "results are read back as they were", report)
        found = run(checked, Path(folder))
        yield _judged("self-test: run folder", not found.fresh, "the run is found again", report)
    yield Finding("self-test: time", f"{time.perf_counter() - began:.1f} s")


def _judged(what: str, good: bool, found: str, advice: str) -> Finding:
    return Finding(what, found, "PASS" if good else "FAIL", "" if good else advice)
