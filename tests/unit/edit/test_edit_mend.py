"""Fixes applied unseen: certain ones only, in turns, and never for the worse."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from nnspec.edit.mend import PASSES, Mended, mend
from nnspec.stages import loads_source
from nnspec.syntax.yaml_tree import read_source
from nnspec.text.diagnostic import Diagnostic, Edit, Fix, SpecError
from nnspec.text.source import Source, Span

Command = Callable[..., tuple[int, str, str]]
DIAGNOSTICS = Path(__file__).parents[2] / "diagnostics"


def finder(rules: dict[str, str], *, sure: bool = True, width: int | None = None) -> Callable[[Source], list[Diagnostic]]:
    """Complain about each place of a pattern, with a fix that puts another text there."""

    def complain(source: Source) -> Sequence[Diagnostic]:
        return [
            Diagnostic("NN011", pattern, Span(source, match.start(), match.end()), fixes=(
                Fix("machine" if sure else "maybe", (Edit(match.start(), match.start() + (width or len(match[0])), new),)),))
            for pattern, new in rules.items() for match in re.finditer(pattern, source.text)
        ]  # fmt: skip

    return complain  # type: ignore[return-value]


def mended(text: str, complain: Callable[[Source], Sequence[Diagnostic]]) -> Mended:
    return mend("a.yaml", Source("a.yaml", text), complain)


# ---------------------------------------------------------------- which fixes
def test_all_fixes_of_a_text_at_once() -> None:
    done = mended("b c b", finder({"b": "xx", "c": ""}))
    assert done.after == "xx  xx"
    assert done.changed
    assert [(each.line, each.column, each.words) for each in done.done] == [
        (1, 1, "replace `b` by `xx`"), (1, 5, "replace `b` by `xx`"), (1, 3, "delete `c`"),
    ]  # fmt: skip


def test_a_fix_that_is_not_certain_is_left_alone() -> None:
    done = mended("b", finder({"b": "a"}, sure=False))
    assert not done.changed
    assert done.lines() == []


def test_what_overlaps_or_meets_has_its_turn_later() -> None:
    seen: list[str] = []
    complain = finder({"b": "a"})

    def watched(source: Source) -> Sequence[Diagnostic]:
        seen.append(source.text)
        return complain(source)

    assert mended("bb b", watched).after == "aa a"
    assert seen == ["bb b", "ab a", "aa a"]


def test_fixes_that_never_end_are_stopped() -> None:
    done = mended("b", finder({"b$": "ab"}))
    assert done.after == "a" * PASSES + "b"


def test_edits_of_another_file_are_not_edits_of_this_one() -> None:
    other = Source("base.yaml", "b")
    fix = Fix("machine", (Edit(0, 1, "a"),))
    assert not mended("b", lambda _: [Diagnostic("NN011", "m", Span(other, 0, 1), fixes=(fix,))]).changed
    assert not mended("b", lambda _: [Diagnostic("NN011", "m", where="a.yaml", fixes=(fix,))]).changed


# ---------------------------------------------------------------- never for the worse
def test_fixes_that_give_more_errors_are_taken_back_and_the_others_stay() -> None:
    complain = finder({"b": "a", "c": "dd"})

    def worse(source: Source) -> Sequence[Diagnostic]:
        return [*complain(source), *(Diagnostic("NN101", f"m{k}") for k in range(source.text.count("d")))]

    done = mended("b c b", worse)
    assert done.after == "a c a"
    assert [each.words for each in done.done] == ["replace `b` by `a`"] * 2
    assert done.lines()[-1] == (
        "a.yaml:1:3: left NN011 as it is: more errors would show if one were to replace `c` by `dd`"
    )


def test_warnings_do_not_count_as_worse() -> None:
    def warned(source: Source) -> Sequence[Diagnostic]:
        return [*finder({"b": "a"})(source), *(Diagnostic("NN493", f"m{k}", level="warning") for k in range(9))]

    assert mended("b", warned).after == "a"


@cache
def complaints(source: Source) -> Sequence[Diagnostic]:
    try:
        return loads_source(source, no_plugins=True).check().warnings
    except SpecError as error:
        return error.diagnostics


@pytest.mark.parametrize("letter", ["0", "1", "2", "3", "4", "5", "6", "7", "8"])
def test_no_bad_spec_gets_worse(letter: str) -> None:
    """Every spec of the golden texts: what is certain is done, once and for all, and nothing is worse than before."""
    for path in sorted(DIAGNOSTICS.glob(f"NN{letter}*.yaml")):
        source = read_source(path)
        done = mend(path, source, complaints)
        after = Source(source.name, done.after)
        before, behind = (sum(each.level == "error" for each in complaints(text)) for text in (source, after))
        assert behind <= before, path.name
        assert done.changed == bool(done.done), path.name
        again = mend(path, after, complaints)
        assert (again.after, again.refused) == (done.after, done.refused), path.name


# ---------------------------------------------------------------- the command
BROKEN = ("params:", "parms:")


@pytest.fixture
def misspelt(spec: str) -> str:
    return spec.replace(*BROKEN)


def test_a_file_is_mended_in_place(nnspec: Command, spec: str, misspelt: str) -> None:
    path = Path("a.yaml")
    path.write_text(misspelt)
    path.chmod(0o640)
    status, out, err = nnspec("check", "--fix", "a.yaml")
    assert (status, out) == (0, "a.yaml:13:3: mended NN011: replace `parms` by `params`\na.yaml: ok\n")
    assert "error" not in err
    assert path.read_text() == spec
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    before = path.stat().st_mtime_ns
    assert nnspec("check", "--fix", "a.yaml")[1] == "a.yaml: ok\n"
    assert path.stat().st_mtime_ns == before
    assert os.listdir() == ["a.yaml"]


def test_line_ends_and_the_mark_and_links_stay(nnspec: Command, spec: str, misspelt: str) -> None:
    def data(text: str) -> bytes:
        return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()

    Path("a.yaml").write_bytes(data(misspelt))
    Path("link.yaml").symlink_to("a.yaml")
    assert nnspec("check", "--fix", "link.yaml")[0] == 0
    assert Path("link.yaml").is_symlink()
    assert Path("a.yaml").read_bytes() == data(spec)


def test_what_remains_is_reported(nnspec: Command, misspelt: str) -> None:
    Path("a.yaml").write_text(misspelt.replace("of: K", "of: L"))
    status, out, err = nnspec("check", "--fix", "a.yaml")
    assert status == 1
    assert "mended NN011" in out
    assert "NN011" not in err
    assert "error[NN203]" in err


def test_for_machines_what_was_done_is_said_elsewhere(nnspec: Command, misspelt: str) -> None:
    Path("a.yaml").write_text(misspelt)
    status, out, err = nnspec("check", "--fix", "--format", "json", "a.yaml")
    assert status == 0
    assert "mended" not in out
    assert "a.yaml:13:3: mended NN011" in err


def test_a_fix_that_brings_errors_to_light_is_not_applied(nnspec: Command, misspelt: str) -> None:
    text = misspelt.replace("Normal(0,sigma_w^2)", "Normal(0, u)").replace("Uniform(-pi,pi)", "Uniform(-pi, v)")
    Path("a.yaml").write_text(text)
    status, out, err = nnspec("check", "--fix", "a.yaml")
    assert status == 1
    assert "left NN011 as it is" in out
    assert "error[NN011]" in err
    assert Path("a.yaml").read_text() == text


def test_a_file_that_cannot_be_read_or_written_stops_no_other(
    nnspec: Command, spec: str, misspelt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(misspelt)
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if Path(target).name == "a.yaml":
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    status, out, err = nnspec("check", "--fix", "missing.yaml", "a.yaml", "b.yaml")
    assert status == 4
    assert "error[NN720]: permission denied" in err
    assert "error[NN009]" in err
    assert Path("a.yaml").read_text() == misspelt
    assert Path("b.yaml").read_text() == spec
    assert sorted(os.listdir()) == ["a.yaml", "b.yaml"]
    assert "b.yaml:13:3: mended" in out
