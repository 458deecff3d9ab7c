"""Completion knows what the parser knows."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nnspec.edit.completion import SHELLS

Command = Callable[..., tuple[int, str, str]]
ASK = """
source ./nnspec.bash
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_nnspec; printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize("shell", SHELLS)
def test_every_verb_and_flag_is_in_it(shell: str, nnspec: Command) -> None:
    status, script, err = nnspec("completion", shell)
    assert (status, err) == (0, "")
    for word in (
        "run",
        "check",
        "fmt",
        "diff",
        "new",
        "completion",
        "dry-run",
        "unicode",
        "plugin-file",
        "correlator",
        "density",
    ):
        assert word in script
    program = shutil.which(shell)
    if program is not None:
        Path("script").write_text(script)
        assert subprocess.run([program, "-n", "script"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "wanted", "unwanted"),
    [
        ("nnspec f", {"fmt"}, {"diff"}),
        ("nnspec fmt --a", {"--ascii"}, {"--unicode"}),
        ("nnspec fmt ''", {"a.yaml", "b.yml", "folder"}, {"note.txt"}),
        ("nnspec explain --emit l", {"latex"}, {"tree"}),
        ("nnspec doc corr", {"correlator"}, {"a.yaml"}),
        ("nnspec new act", {"activation"}, {"spec"}),
        ("nnspec completion ''", set(SHELLS), {"a.yaml"}),
        ("nnspec run --plugin-file no", {"note.txt"}, {"a.yaml"}),
        ("nnspec nonsense ''", {""}, {"a.yaml"}),
    ],
)
def test_bash_completes(words: str, wanted: set[str], unwanted: set[str], nnspec: Command) -> None:
    for name in ("a.yaml", "b.yml", "note.txt"):
        Path(name).write_text("")
    Path("folder").mkdir()
    Path("nnspec.bash").write_text(nnspec("completion", "bash")[1])
    done = subprocess.run(["bash", "-c", ASK.format(words=words)], capture_output=True, text=True, check=True)
    found = set(done.stdout.splitlines())
    assert wanted <= found
    assert not found & unwanted
    assert done.stderr == ""


def test_an_unknown_shell_is_a_wrong_command(nnspec: Command) -> None:
    assert nnspec("completion", "csh")[0] == 2
