"""The README does what it says: every block is run, in order, in an empty folder; shown output is compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the section it stands in."""

    kind: str
    text: str
    section: str


def blocks() -> list[Block]:
    """All blocks of the README."""
    found: list[Block] = []
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL):
        prose = re.sub(r"^```.*?^```$", "", README[: match.start()], flags=re.MULTILINE | re.DOTALL)
        headings = re.findall(r"^#+ (.*)$", prose, flags=re.MULTILINE)
        found.append(Block(match[1], match[2], headings[-1]))
    return found


SETUP = [block.text.strip() for block in blocks() if block.section == "Two commands"]
TOUR = [block for block in blocks() if block.section not in ("Two commands", "Tests")]


def shell(command: str, folder: Path, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    """Run a line as a user would, with this environment's `nnspec` first on the path."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120", "PYTHONUTF8": "1"}
    return subprocess.run(
        command, shell=True, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", timeout=timeout,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def bare(line: str) -> str:
    """A line without its numbers and the width of its columns: those may differ between processors."""
    return re.sub(r"\s+", " ", re.sub(r"\d[\d\s,.()]*", "#", re.sub(r"[─-]{3,}", "---", line))).strip()


def missing_lines(shown: str, printed: str) -> list[str]:
    """The lines of a shown output that were not printed, in order; `...` stands for anything."""
    have = [bare(line) for line in printed.splitlines()]
    missing = []
    for line in filter(None, map(bare, shown.splitlines())):
        if line == "...":
            continue
        if line in have:
            have = have[have.index(line) + 1 :]
        else:
            missing.append(line)
    return missing


def test_every_block_of_the_tour_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sh: the exit status of each line is 0, or the one its comment says; text: it was printed; python: it runs."""
    monkeypatch.chdir(tmp_path)
    printed, seen = "", {"sh": 0, "yaml": 0, "python": 0, "text": 0}
    for block in TOUR:
        seen[block.kind] += 1
        match block.kind:
            case "yaml":
                name = re.match(r"# (\S+\.yaml)\n", block.text)
                assert name, f"a spec without a name in {block.section}"
                (tmp_path / name[1]).write_text(block.text, encoding="utf-8")
            case "sh":
                printed = ""
                for line in block.text.strip().splitlines():
                    status = re.search(r"# exit status (\d+)", line)
                    done = shell(line, tmp_path)
                    printed += done.stdout + done.stderr
                    assert done.returncode == (int(status[1]) if status else 0), f"{line}\n{printed}"
            case "text":
                if block.text.startswith("runs/"):
                    _check_folder(block.text, tmp_path)
                else:
                    assert not missing_lines(block.text, printed), printed
            case "python":
                exec(compile(block.text, "README.md", "exec"), {"__name__": "readme"})
    assert all(seen.values()), seen


def _check_folder(text: str, folder: Path) -> None:
    """The run folder has the files that the README lists, and no others."""
    name, *lines = text.strip().splitlines()
    listed = {line.split()[0].rstrip("/") for line in lines}
    (there,) = folder.glob(re.sub("<[a-z]+>", "*", name))
    assert {path.name for path in there.iterdir()} == listed


def test_good_specs_of_the_readme_are_the_ones_it_runs() -> None:
    """Each spec is used by a command."""
    used = " ".join(block.text for block in TOUR if block.kind in ("sh", "python"))
    names = re.findall(r"^# (\S+\.yaml)$", README, flags=re.MULTILINE)
    assert names
    assert all(name in used for name in names)


def test_the_two_commands_are_two_lines_and_ci_runs_the_second() -> None:
    first, second = SETUP
    assert "\n" not in first + second
    assert first.startswith("python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/nnspec run specs/")
    assert (ROOT / first.split()[-1]).is_file()
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert second in re.sub(r'"\$venv/bin/(\w[\w-]*)"', r".venv/bin/\1", script).splitlines()


def test_every_command_that_is_named_exists() -> None:
    """`nnspec VERB` and its options, wherever they stand in the text."""
    import nnspec.arguments

    usage = shell("nnspec --help", ROOT).stdout
    for verb in set(re.findall(r"nnspec ([a-z]+)\b", " ".join(re.findall(r"`(nnspec [^`]*)`", README)))):
        assert re.search(rf"^\s+{verb}\b", usage, flags=re.MULTILINE), verb
    for level in re.findall(r"--emit (\w+)", README):
        assert level in nnspec.arguments.EMIT


def test_the_table_of_exit_statuses_is_that_of_the_program() -> None:
    import nnspec.cli as cli

    table = {int(n) for n in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)}
    ends = {cli.DONE, cli.WRONG_SPEC, cli.WRONG_COMMAND, cli.CHECK_FAILED, cli.NOT_COMPUTED, cli.POINTS_FAILED, cli.BUG, cli.INTERRUPTED}
    assert table == ends


@pytest.mark.install
def test_the_two_commands_work_in_a_fresh_copy(tmp_path: Path) -> None:
    """With an interpreter, the files of the project, and a package index."""
    skip = shutil.ignore_patterns(".*cache", ".git", ".venv", ".hypothesis", "__pycache__", "runs", "dist", "build")
    copy = shutil.copytree(ROOT, tmp_path / "nnspec", ignore=skip)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("JAX_", "NNSPEC_", "PYTHON"))}
    env["NNSPEC_CACHE"] = str(tmp_path / "cache")
    for command in SETUP:
        done = subprocess.run(
            command, shell=True, cwd=copy, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        print(done.stdout.strip().splitlines()[-1])
    assert list((copy / "runs").glob("cosnet-free-scalar-*/report.html"))
