"""Who, when, with what: everything that another person needs to get the same numbers, and no path or host name."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nnspec.result.files import to_json

LANGUAGE = 1
LIBRARIES = ("jax", "jaxlib", "numpy", "scipy", "h5netcdf", "h5py")


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When it ran and how long: the only part of a run that differs from one time to the next."""

    start: str = ""
    wall_seconds: float = 0.0
    steps: Mapping[str, float] = field(default_factory=dict)
    """Seconds of each step of the plan, by name."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where numbers come from; all fields but `timing` are equal when the numbers must be."""

    digest: str
    seed: int
    language: int = LANGUAGE
    nnspec: str = ""
    commit: str | None = None
    """The git commit of a checkout, with `+` when files differ from it."""
    plugins: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)
    platform: Mapping[str, str] = field(default_factory=dict)
    device: str = ""
    x64: bool = True
    precision: tuple[str, ...] = ()
    draws: Mapping[str, int] = field(default_factory=dict)
    command_line: tuple[str, ...] = ()
    host: str | None = None
    timing: Timing = field(default_factory=Timing)

    def to_json(self, *, timing: bool = True) -> str:
        """JSON with sorted keys; without `timing` equal runs give equal text."""
        content = asdict(self)
        if not timing:
            del content["timing"]
        return to_json(content)

    @staticmethod
    def from_json(text: str) -> Provenance:
        """What `to_json` wrote."""
        return from_plain(json.loads(text))


def from_plain(content: Mapping[str, Any]) -> Provenance:
    """A provenance from the mapping that its JSON holds."""
    lists = {key: tuple(content[key]) for key in ("precision", "command_line")}
    return Provenance(**{**content, **lists, "timing": Timing(**content.get("timing", {}))})


def collect(
    experiment_digest: str,
    seed: int,
    plugins: Mapping[str, str],
    command_line: Sequence[str],
    *,
    device: str = "",
    x64: bool = True,
    precision: Sequence[str] = (),
    draws: Mapping[str, int] | None = None,
    host: str | None = None,
    timing: Timing | None = None,
) -> Provenance:
    """The provenance of a run in this process; `device` is its kind as JAX names it, `plugins` those that answered."""
    return Provenance(
        digest=experiment_digest,
        seed=seed,
        nnspec=installed("nnspec") or "unknown",
        commit=commit(),
        plugins=dict(plugins),
        python=platform.python_version(),
        libraries={name: found for name in LIBRARIES if (found := installed(name))},
        platform={"system": platform.system(), "machine": platform.machine(), "processor": processor()},
        device=device,
        x64=x64,
        precision=tuple(precision),
        draws=dict(draws or {}),
        command_line=tuple(command_line),
        host=host,
        timing=timing or Timing(),
    )


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def commit() -> str | None:
    """The git commit of the checkout that this code runs from, None when it is installed from a wheel."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists() or not (root / "pyproject.toml").exists():
        return None
    head = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{head}+" if head and changed else head or None


def processor() -> str:
    """The kind of processor as its maker calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def installed(name: str) -> str | None:
    """The version of a distribution, None when it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(root: Path, *words: str) -> str:
    """What git says, or nothing when there is no git or it does not trust the folder."""
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            ("git", *words), cwd=root, env=quiet, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
