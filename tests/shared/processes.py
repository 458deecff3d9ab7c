"""Runs of specs as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def start(spec: Path, out: Path, cache: Path, *words: str, **streams: Any) -> subprocess.Popen[Any]:
    """`nnspec run` of a spec with a cache of its own."""
    command = [sys.executable, "-m", "nnspec", "run", str(spec), "--out", str(out), *words]
    return subprocess.Popen(command, env={**os.environ, "NNSPEC_CACHE": str(cache)}, **streams)
