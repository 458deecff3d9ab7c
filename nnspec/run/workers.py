"""Points of a sweep computed ahead by processes of their own; each writes its run folder, and all of them are found there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path


def compute_ahead(texts: Sequence[str], out: Path, workers: int, arguments: Sequence[str]) -> None:
    """Run specs, `workers` at a time, each on its share of the cores; what fails is found out when it is looked for.

    Args:
        texts: specs that stand alone.
        out: where their run folders go.
        workers: how many processes there are at once.
        arguments: further words of the command line.
    """
    with tempfile.TemporaryDirectory(prefix="nnspec-sweep-") as folder:
        waiting = list(enumerate(texts))
        running: dict[int, subprocess.Popen[bytes]] = {}
        try:
            while waiting or running:
                for place in [place for place, process in running.items() if process.poll() is not None]:
                    del running[place]
                for place in range(workers):
                    if waiting and place not in running:
                        number, text = waiting.pop(0)
                        file = Path(folder) / f"{number}.yaml"
                        file.write_text(text, encoding="utf-8")
                        running[place] = _start(file, out, place, workers, arguments)
                time.sleep(0.05)
        finally:
            for process in running.values():
                process.kill()


def _start(file: Path, out: Path, place: int, workers: int, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "nnspec", "run", str(file), "--out", str(out), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        share = cores[place % len(cores) :: workers] or [cores[place % len(cores)]]
        os.sched_setaffinity(process.pid, share)
    return process
