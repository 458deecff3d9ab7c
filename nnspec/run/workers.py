"""Points of a sweep computed ahead by processes of their own; each writes its run folder, and all of them are found there."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from nnspec.check.files import COPIES
from nnspec.run.stopping import GRACE, PARENT, check

MOST = 16
"""Specs that one process is given at most, so that all processes end at about the same time."""


def compute_ahead(groups: Sequence[Sequence[str]], out: Path, workers: int, arguments: Sequence[str]) -> None:
    """Run specs, `workers` processes at a time, each on its share of the cores; what fails is found out when it is looked for.

    A process is given several specs of one group, for which it compiles its programs once. What it leaves when it is killed
    is given to others one by one.

    Args:
        groups: specs that stand alone; those of one group can share compiled programs.
        out: where their run folders go, beside copies of the data files that they name.
        workers: how many processes there are at once.
        arguments: further words of the command line.
    """
    with tempfile.TemporaryDirectory(prefix="nnspec-sweep-") as folder:
        data = out.parent / COPIES
        waiting = deque(deque(_written(Path(folder) / str(number), group, data)) for number, group in enumerate(groups) if group)
        running: dict[int, tuple[subprocess.Popen[bytes], list[Path]]] = {}
        try:
            while waiting or running:
                for place, (process, batch) in list(running.items()):
                    if process.poll() is not None:
                        del running[place]
                        if process.returncode < 0 and len(batch) > 1:
                            waiting.extend(deque([file]) for file in batch)
                for place in range(workers):
                    if waiting and place not in running:
                        batch = _batch(waiting, workers - len(running))
                        running[place] = (_start(batch, out, place, workers, arguments), batch)
                check()
                time.sleep(0.05)
        finally:
            _stop([process for process, _ in running.values()])


def _written(folder: Path, texts: Sequence[str], data: Path) -> list[Path]:
    folder.mkdir()
    if data.is_dir():
        (folder / COPIES).symlink_to(data.resolve())
    files = [folder / f"{number}.yaml" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    return files


def _batch(waiting: deque[deque[Path]], idle: int) -> list[Path]:
    """The first specs of the first group; a part of them where there are fewer groups than processes with nothing to do."""
    group = waiting[0]
    size = min(MOST, math.ceil(len(group) * min(1.0, len(waiting) / idle)))
    batch = [group.popleft() for _ in range(size)]
    if not group:
        waiting.popleft()
    return batch


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


def _start(files: Sequence[Path], out: Path, place: int, workers: int, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "nnspec", "run", *map(str, files), "--out", str(out), "--no-plots", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, PARENT: str(os.getpid())},
    )  # fmt: skip
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        share = cores[place % len(cores) :: workers] or [cores[place % len(cores)]]
        os.sched_setaffinity(process.pid, share)
    return process
