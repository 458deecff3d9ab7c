"""The YAML profile: what is text, what is refused, and with which words."""

import re
import time
from pathlib import Path

import pytest

from nnspec.syntax.tree import Leaf, Mapping, Sequence
from nnspec.syntax.yaml_tree import read_source, read_text, read_tree, read_value
from nnspec.text.diagnostic import Diagnostic, SpecError

SPECS = sorted((Path(__file__).parents[3] / "specs").glob("*.yaml"))


def refusal(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        read_text(text)
    return caught.value.diagnostics[0]


@pytest.mark.parametrize(
    "text",
    "1e-3 1e+10 1.0e10 6.02e23 -.5 1_000 017 0o17 12:30 1:30:00 yes no on off y n N 2026-01-02 inf .inf = "
    "true null_ x>0 (a[i],b[i]) w.x".split(),
)
def test_a_plain_scalar_is_its_text(text: str) -> None:
    """The table of YAML's traps: none of these turns into a number, a boolean or a date."""
    for node in (read_text(f"a: {text}").get("a"), read_value(text, "command line")):
        assert isinstance(node, Leaf)
        assert (node.text, node.null, node.style) == (text, False, "plain")
    assert [entry.key.text for entry in read_text(f"{text}: 1").entries] == [text]


@pytest.mark.parametrize(("text", "value"), [("x # note", "x"), ("~ Normal(0,1)", "~ Normal(0,1)"), ("'~'", "~")])
def test_comments_and_tildes(text: str, value: str) -> None:
    node = read_text(f"a: {text}").get("a")
    assert isinstance(node, Leaf)
    assert (node.text, node.null) == (value, False)


@pytest.mark.parametrize("text", ["~", "", "null", "Null"])
def test_null_is_marked(text: str) -> None:
    for node in (read_text(f"a: {text}").get("a"), read_value(text, "command line")):
        assert isinstance(node, Leaf)
        assert node.null


TRAPS = [
    ("a: f(x): y", "NN001", ":", 'quote the value: `a: "f(x): y"`'),
    ("a: c ? p : q", "NN001", ":", "`p if c else q`"),
    ("a: *x", "NN006", "*x", "no formula starts with `*`"),
    ("a: *x.w*2", "NN006", "*x.w*2", "no formula starts with `*`"),
    ("a: &x 1", "NN006", "&x", "no formula starts with `&`"),
    ("a: !x 1", "NN007", "!x", "quote the text"),
    ("a: %x", "NN010", "%", "no formula starts like this"),
    ("a: @x", "NN010", "@", "no formula starts like this"),
    ("a: `x`", "NN010", "`", "no formula starts like this"),
    ("a: |x|", "NN010", "|x|", "`abs(x)`"),
    ("a: > 0", "NN010", ">", "`x > 0`"),
    ("a: - x", "NN010", "-", "`-x`"),
    ("a: ? x", "NN010", "?", "`a if c else b`"),
    ("a: [x]^2", "NN010", "^2", '`a: "[x]^2"`'),
    ("a: {x: 1}^2", "NN010", "^2", "quote the value"),
    ("a: 'x'^2", "NN010", "^2", "quote the value"),
    ('a: "\\phi"', "NN001", "\\phi", "without the backslash: `phi`"),
    ("a: {weight: Normal(0, s)}", "NN013", "Normal(0", '`weight: "Normal(0, s)"`'),
    ("a: {b: f(g(1, 2), h(3, 4)), c: 1}", "NN013", "f(g(1", '`b: "f(g(1, 2), h(3, 4))"`'),
    ("a: [f(x, y), 2]", "NN013", "f(x", '`"f(x, y)"`'),
    ("a: {f(x, y): 2}", "NN013", "f(x", '`"f(x, y)"`'),
    ("a: {w: a[i]}", "NN001", "[", "quote a formula"),
    ("a: {w: b c: d}", "NN001", ":", ""),
    ("a:\n\tb: 2", "NN001", "\t", "use spaces"),
    ("a:\t1", "NN001", "\t", "use spaces"),
    ('a: "x\nb: 2\n', "NN001", '"', "close it"),
    ("a: {d: 2, N: 100\nmodel:\n  x: 1\n", "NN001", "{", "add `}`"),
    ("a: {b: [1}", "NN001", "}", ""),
    ("name: demo\nlet\nmodel: 2\n", "NN001", "let", "`key: value`"),
    ("name: demo\nlet:1\nmodel: 2\n", "NN001", "let:1", "`let: 1`"),
    ("a: 1\n  b: 2\n", "NN001", "b: 2", "indentation"),
    ("a:\n  b: 1\n c: 2\n", "NN001", "c: 2", "indentation"),
    ("<<: {a: 1}", "NN005", "<<", "extends"),
    ("a: 1\n---\nb: 2\n", "NN008", "---", ""),
    ("[a]: 1", "NN001", "[a]", "quote a key"),
    ("- a\n- b\n", "NN001", "- a", "nnspec: 1"),
    ("hello", "NN001", "hello", "nnspec: 1"),
    ("a: \x07", "NN009", "\x07", ""),
    ("a: [1, , 2]", "NN001", ",", ""),
]


@pytest.mark.parametrize(("text", "code", "caret", "help_text"), TRAPS)
def test_a_trap_is_refused_with_its_reason(text: str, code: str, caret: str, help_text: str) -> None:
    diagnostic = refusal(text)
    assert diagnostic.code == code
    assert diagnostic.span is not None
    assert diagnostic.span.text == caret
    assert help_text in "\n".join(diagnostic.helps)
    assert len(diagnostic.helps) <= 2


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~"])
def test_an_empty_spec_says_so(text: str) -> None:
    assert refusal(text).message == "the spec is empty"


def test_every_repetition_is_reported() -> None:
    with pytest.raises(SpecError) as caught:
        read_text("a: 1\na: 2\na: 3\nb: {c: 1, c: 2}\nd:\n  - {e: 1, e: 2}\n")
    assert [d.code for d in caught.value.diagnostics] == ["NN002"] * 4


def test_several_kinds_of_refusal_in_one_run() -> None:
    with pytest.raises(SpecError) as caught:
        read_text("a: &x 1\nb: *x\nc: !t 2\n<<: 1\nd: {e: f(1, 2)}\n")
    assert [d.code for d in caught.value.diagnostics] == ["NN006", "NN006", "NN007", "NN005", "NN013"]


def test_quoted_commas_and_lists_are_left_alone() -> None:
    tree = read_text('a: {b: "f(1, 2)", c: [1, 2], d: (x), e: {f: ")("}}')
    assert isinstance(tree.get("a"), Mapping)
    assert isinstance(read_value("[1, 2]", "command line"), Sequence)


@pytest.mark.parametrize("text", ["a: b", "- a", "*x", "|x|", "a: b: c", "%x", "{a: f(1, 2)}", "---\na\n---\nb"])
def test_a_value_is_read_under_the_same_profile(text: str) -> None:
    with pytest.raises(SpecError):
        read_value(text, "command line")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a: " + "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "\n".join(" " * k + "-" for k in range(400)),
        "a: &a [1]\n" + "".join(f"b{k}: &b{k} [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n" for k in range(500)),
        "a: 1\n" * 300_000,
        "\x00" * 100_000,
    ],
)
def test_bombs_are_refused_quickly(text: str) -> None:
    start = time.process_time()
    with pytest.raises(SpecError):
        read_text(text)
    assert time.process_time() - start < 10


def test_files_are_read_as_utf8(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_bytes("\ufeffa: π\r\nb:  2\r\n".encode())
    tree = read_tree(read_source(file))
    assert [entry.key.text for entry in tree.entries] == ["a", "b"]
    value = tree.get("b")
    assert value is not None
    assert value.span.source.line_column(value.span.start) == (2, 5)


@pytest.mark.parametrize(
    ("data", "code"), [(b"\xff\xfea\0", "NN009"), (b"a: \xe9\n", "NN009"), (b"a" * 10_000_000, "NN004")]
)
def test_unreadable_files_are_refused(tmp_path: Path, data: bytes, code: str) -> None:
    file = tmp_path / "spec.yaml"
    file.write_bytes(data)
    with pytest.raises(SpecError, match=f"error.{code}"):
        read_source(file)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no such file"):
        read_source(tmp_path / "nothing.yaml")
    with pytest.raises(SpecError, match="this is a folder"):
        read_source(tmp_path)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_of_the_gallery_is_read(path: Path) -> None:
    tree = read_tree(read_source(path))
    assert tree.get("nnspec") is not None
    for entry in tree.entries:
        assert re.match(r"[a-z]+$", entry.key.text)
        assert entry.key.span.text == entry.key.text
