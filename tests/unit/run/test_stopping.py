"""Runs that are asked to stop: what was computed is kept, the status is 130, one line says how to go on, nobody is left."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from pathlib import Path

import models
import processes
import pytest

from nnspec.run import stopping

SPEC = (
    "nnspec: 1\nname: stopped\nlet: {N: 200}\ndata: {xs: 'linspace(-1, 1, 8)'}\n" + models.COSINES
    + "observables:\n  G2: {correlator: {n: 2, at: xs, draws: 4000000}}\n"
)  # fmt: skip
SWEEP = SPEC + "sweep: {grid: {let.N: [100, 101, 102, 103]}, workers: 2}\n"
SLOW = '''
"""An activation over which a compiler would brood: one long step of C that no signal interrupts."""

import hashlib
import sys
from nnspec.plugin import Activation, hookimpl, jnp

def apply(x):
    print("brooding", file=sys.stderr, flush=True)
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 200_000_000)
    return jnp.tanh(x)

@hookimpl
def nnspec_activations():
    yield Activation(name="brood", apply=apply, equation="x")
'''


RUNNING: list[subprocess.Popen[str]] = []


def start(spec: Path, *words: str) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    RUNNING.append(processes.start(spec, spec.parent / "runs", spec.parent / "cache", *words, **pipes))
    return RUNNING[-1]


@pytest.fixture(autouse=True)
def nobody_is_left():
    yield
    for process in RUNNING:
        process.kill()
        process.communicate()
    RUNNING.clear()


def wait_for(what, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def shards(folder: Path) -> list[Path]:
    return list(folder.rglob("*.shard"))


def judge(process: subprocess.Popen[str], seconds: float = 2 * stopping.GRACE) -> str:
    """It ends in time with status 130 and one line, without a traceback; what it printed."""
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert [line for line in err.splitlines() if "interrupted" in line] == [stopping.GO_ON]
    return err


@pytest.fixture
def spec(tmp_path) -> Path:
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path / "spec.yaml"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_shard_in_hand_is_kept(spec, number):
    process = start(spec)
    wait_for(lambda: shards(spec.parent))
    process.send_signal(number)
    judge(process)
    left = shards(spec.parent)
    assert left
    assert [each for each in (spec.parent / "runs").rglob("*") if each.suffix == ".tmp"] == []
    process = start(spec)
    time.sleep(1.0)
    wait_for(lambda: len(shards(spec.parent)) > len(left))
    process.send_signal(number)
    judge(process)


@pytest.mark.parametrize("after", [0.4, 0.6, 0.8, 1.2])
def test_a_signal_that_comes_early(spec, after):
    """While modules are imported, where an exception may be anything, a crash among it."""
    process = start(spec)
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    judge(process)


def test_a_signal_that_comes_twice_as_timeout_sends_it(spec):
    process = start(spec)
    wait_for(lambda: shards(spec.parent))
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    judge(process)


LAYERS = """
nnspec: 1
name: stopped
model:
  inputs: {x: R}
  layers: [{dense: {width: 8, weight: "Normal(0, 1)"}}, {act: brood}, {dense: {width: 1, weight: "Normal(0, 1)"}}]
observables: {G2: {correlator: {n: 2, at: [0, 1], draws: 1000}}}
"""


def brooding(tmp_path: Path) -> subprocess.Popen[str]:
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "spec.yaml").write_text(LAYERS)
    process = start(tmp_path / "spec.yaml", "--plugin-file", str(tmp_path / "slow.py"))
    assert process.stderr is not None
    assert process.stderr.readline() == "brooding\n"
    time.sleep(0.2)
    return process


def test_a_second_interrupt_ends_it_at_once(tmp_path):
    """In the middle of a long step of C, where Python runs no handler."""
    process = brooding(tmp_path)
    process.send_signal(signal.SIGINT)
    time.sleep(0.7)
    assert process.poll() is None, "the first one waits"
    process.send_signal(signal.SIGINT)
    judge(process, seconds=stopping.GRACE - 2)


def test_a_long_step_is_not_waited_for(tmp_path):
    process = brooding(tmp_path)
    process.send_signal(signal.SIGTERM)
    judge(process)


# ---------------------------------------------------------------- sweeps
def children(of: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(of)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def alive(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc who is alive")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_sweep(tmp_path, number):
    (tmp_path / "spec.yaml").write_text(SWEEP)
    process = start(tmp_path / "spec.yaml")
    wait_for(lambda: len({each.parent for each in shards(tmp_path)}) == 2)
    workers = children(process.pid)
    assert len(workers) == 2
    process.send_signal(number)
    if number == signal.SIGKILL:
        process.communicate()
    else:
        judge(process)
    wait_for(lambda: not any(map(alive, workers)), seconds=5.0)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc who is alive")
def test_a_second_interrupt_ends_workers_too(tmp_path):
    (tmp_path / "spec.yaml").write_text(SWEEP)
    process = start(tmp_path / "spec.yaml")
    wait_for(lambda: len({each.parent for each in shards(tmp_path)}) == 2)
    workers = children(process.pid)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    judge(process, seconds=stopping.GRACE)
    wait_for(lambda: not any(map(alive, workers)), seconds=5.0)


# ---------------------------------------------------------------- the parts
def test_what_is_held_is_finished():
    done = []

    def hold() -> None:
        with stopping.watched(), stopping.held():
            signal.raise_signal(signal.SIGINT)
            done.append("held")

    with pytest.raises(KeyboardInterrupt):
        hold()
    assert done == ["held"]


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with stopping.watched():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert not [each for each in threading.enumerate() if each.name == "nnspec-signals"]


def test_other_threads_are_left_alone():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def body() -> None:
        with stopping.watched(), stopping.held():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert seen == [before]
