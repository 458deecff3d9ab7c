"""Points of a sweep computed ahead by processes of their own; each writes its run folder, and all of them are found there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from nnspec.run.stopping import GRACE, PARENT, check


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
                check()
                time.sleep(0.05)
        finally:
            _stop(tuple(running.values()))


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End what still runs: each finishes the shard in hand, unless that takes long."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + GRACE / 2
    try:
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _start(file: Path, out: Path, place: int, workers: int, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "nnspec", "run", str(file), "--out", str(out), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, PARENT: str(os.getpid())},
    )  # fmt: skip
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        share = cores[place % len(cores) :: workers] or [cores[place % len(cores)]]
        os.sched_setaffinity(process.pid, share)
    return process
