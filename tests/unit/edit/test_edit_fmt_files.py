"""`nnspec fmt` on files: whole or not at all, with permissions, line ends and marks; one fault does not stop the others."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]


def test_a_file_is_formatted_in_place(nnspec: Command, spec: str) -> None:
    path = Path("a.yaml")
    path.write_text(spec)
    path.chmod(0o640)
    assert nnspec("fmt", "a.yaml") == (0, "a.yaml: formatted\n", "")
    assert "Normal(0, sigma_w^2)" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    before = path.stat().st_mtime_ns
    assert nnspec("fmt", "a.yaml") == (0, "", "")
    assert path.stat().st_mtime_ns == before
    assert os.listdir() == ["a.yaml"]


def test_check_and_diff_write_nothing(nnspec: Command, spec: str) -> None:
    Path("a.yaml").write_text(spec)
    assert nnspec("fmt", "--check", "a.yaml") == (1, "a.yaml: would change\n", "")
    status, out, _ = nnspec("fmt", "--diff", "a.yaml")
    assert status == 0
    assert out.startswith("--- a.yaml\n+++ a.yaml (formatted)\n@@")
    assert "\n-    w[i]: Normal(0,sigma_w^2)\n" in out
    assert "\n+    w[i]: Normal(0, sigma_w^2)\n" in out
    assert nnspec("fmt", "--diff", "--check", "a.yaml")[0] == 1
    assert Path("a.yaml").read_text() == spec
    nnspec("fmt", "a.yaml")
    assert nnspec("fmt", "--check", "--diff", "a.yaml") == (0, "", "")


def test_line_ends_and_the_mark_stay(nnspec: Command, spec: str) -> None:
    data = b"\xef\xbb\xbf" + spec.replace("\n", "\r\n").encode()
    Path("a.yaml").write_bytes(data)
    assert nnspec("fmt", "a.yaml")[0] == 0
    after = Path("a.yaml").read_bytes()
    assert after.startswith(b"\xef\xbb\xbf# a free field\r\n")
    assert after.count(b"\r\n") == after.count(b"\n") == data.count(b"\n")
    assert b"Normal(0, sigma_w^2)\r\n" in after


def test_a_link_stays_a_link(nnspec: Command, spec: str) -> None:
    Path("a.yaml").write_text(spec)
    Path("link.yaml").symlink_to("a.yaml")
    assert nnspec("fmt", "link.yaml")[0] == 0
    assert Path("link.yaml").is_symlink()
    assert "Normal(0, sigma_w^2)" in Path("a.yaml").read_text()


def test_the_others_go_on_after_a_fault(nnspec: Command, spec: str) -> None:
    Path("good.yaml").write_text(spec)
    broken = spec.replace("cos(w[i] * x+b[i])", "cos(w[i] * x+b[i]")
    Path("broken.yaml").write_text(broken)
    Path("binary.yaml").write_bytes(b"\xff\xfe\x00")
    Path("folder").mkdir()
    status, out, err = nnspec("fmt", "broken.yaml", "nothing.yaml", "binary.yaml", "folder", "good.yaml")
    assert (status, out) == (1, "good.yaml: formatted\n")
    assert "error[NN102]" in err
    assert err.count("error[NN009]") == 3
    assert "Traceback" not in err
    assert Path("broken.yaml").read_text() == broken


def test_a_refusal_leaves_the_file(nnspec: Command) -> None:
    Path("a.yaml").write_text("let: {φ: 1, phi: 2}\n")
    status, _, err = nnspec("fmt", "--ascii", "a.yaml")
    assert status == 1
    assert "error[NN730]" in err
    assert Path("a.yaml").read_text() == "let: {φ: 1, phi: 2}\n"


def test_one_spelling_at_a_time(nnspec: Command) -> None:
    assert nnspec("fmt", "--ascii", "--unicode", "a.yaml")[0] == 2
    assert nnspec("fmt")[0] == 2


def test_what_cannot_be_computed_yet_is_formatted_too(nnspec: Command) -> None:
    Path("a.yaml").write_text("extends: b.yaml\nlet: {N: 1}\nmodel:\n  deform: exp( -lambda/4! )\n")
    assert nnspec("fmt", "a.yaml")[0] == 0
    assert Path("a.yaml").read_text().endswith("  deform: exp(-lambda/4!)\n")


@pytest.mark.parametrize("verb", ["fmt", "diff"])
def test_no_arrays_are_loaded(verb: str, tmp_path: Path, spec: str) -> None:
    (tmp_path / "a.yaml").write_text(spec)
    more = ["a.yaml"] if verb == "diff" else []
    code = (
        f"import sys; from nnspec import cli; cli.main([{verb!r}, 'a.yaml', *{more}]); "
        "sys.exit(bool({'jax', 'numpy', 'scipy', 'h5py'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0
