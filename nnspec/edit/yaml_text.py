"""Values as YAML: texts quoted only where YAML would read something else, mappings on one line where they fit.

Every text, number and list comes back from the reader of specs exactly as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from typing import Any, TypeAlias

from nnspec.syntax.tree import Leaf, Mapping, Node

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
WIDEST = 100
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_NOT_FIRST = frozenset(",[]{}#&*!|>'\"%@`")
_SIGNS = re.compile(r"[-?:](?:\s|$)")
_AFTERWARDS = re.compile(r":(?:\s|$)|\s#")
_MARKS = ("---", "...")
_FLOW = re.compile(r"[,\[\]{}?]|^:|:$")
# What a YAML file may hold as it is; line breaks, blanks of other widths and marks are written as escapes.
_AS_IT_IS = re.compile("[ -~\u00a1-\u1fff\u200b\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff\uf900-\ufefe\uff00-\ufffd]*")


def scalar(text: str, *, flow: bool = False) -> str:
    """A text as one line of YAML; `flow` says that it stands between braces or brackets."""
    if _plain(text) and not (flow and _FLOW.search(text)):
        return text
    if _AS_IT_IS.fullmatch(text):
        if '"' not in text and "\\" not in text:
            return f'"{text}"'
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def key(text: str, *, flow: bool = False) -> str:
    """A text as the key of a mapping; `<<` would merge another one."""
    return f'"{text}"' if text == "<<" else scalar(text, flow=flow)


def _plain(text: str) -> bool:
    if text in _NULL or text != text.strip() or not _AS_IT_IS.fullmatch(text) or text.startswith(_MARKS):
        return False
    return text[0] not in _NOT_FIRST and not _SIGNS.match(text) and not _AFTERWARDS.search(text)


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    if _AS_IT_IS.fullmatch(sign):
        return sign
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def plain(node: Node) -> Plain:
    """A part of a spec as plain values; what is a number stays the text that it is in the file."""
    if isinstance(node, Leaf):
        return None if node.null else node.text
    if isinstance(node, Mapping):
        return {entry.key.text: plain(entry.value) for entry in node.entries}
    return [plain(item) for item in node.items]


def one_line(value: Plain) -> str:
    """A value in braces and brackets."""
    if isinstance(value, Map):
        return "{" + ", ".join(f"{key(name, flow=True)}: {one_line(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(one_line(each) for each in value) + "]"
    return _single(value, flow=True)


def _single(value: Plain, *, flow: bool = False) -> str:
    if value is None or isinstance(value, bool):
        return {None: "~", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    assert isinstance(value, str)
    return scalar(value, flow=flow)


def entry(name: str, value: Plain, indent: int = 0, opened: int = 0) -> list[str]:
    """The lines of `name: value`; `opened` levels of it get lines of their own, the others where they are too long."""
    blank, head = " " * indent, f"{key(name)}:"
    if isinstance(value, str) and _is_literal(value):
        return [f"{blank}{head} |{'' if value.endswith(chr(10)) else '-'}", *_literal(value, indent + 2)]
    if not isinstance(value, Map | list) or not value:
        return [f"{blank}{head} {_single(value) if not isinstance(value, Map | list) else one_line(value)}"]
    short = f"{blank}{head} {one_line(value)}"
    if opened <= 0 and len(short) <= WIDEST:
        return [short]
    if isinstance(value, list) and not any(isinstance(each, Map | list) for each in value) and opened <= 0:
        return [f"{blank}{head}", *_wrapped(value, indent + 2)]
    return [f"{blank}{head}", *lines(value, indent + 2, opened - 1)]


def lines(value: Plain, indent: int = 0, opened: int = 0) -> list[str]:
    """A mapping or a list over several lines."""
    if isinstance(value, Map):
        return [line for name, each in value.items() for line in entry(name, each, indent, opened)]
    assert isinstance(value, list)
    return [line for each in value for line in _item(each, indent, opened)]


def _item(value: Plain, indent: int, opened: int) -> list[str]:
    blank = " " * indent
    if isinstance(value, Map) and value:
        first, *others = lines(value, indent + 2, opened)
        return [f"{blank}- {first[indent + 2 :]}", *others]
    short = f"{blank}- {one_line(value) if isinstance(value, Map | list) else _single(value)}"
    if isinstance(value, list) and len(short) > WIDEST:
        if any(isinstance(each, Map | list) for each in value):
            first, *others = [line for each in value for line in _item(each, indent + 2, opened)]
            return [f"{blank}- {first[indent + 2 :]}", *others]
        first, *others = _wrapped(value, indent + 2)
        return [f"{blank}- {first[indent + 2 :]}", *others]
    return [short]


def _wrapped(value: list[Any], indent: int) -> list[str]:
    """A long list of numbers or words in lines that are full."""
    out, line = [], " " * indent + "["
    for number, each in enumerate(value):
        word = _single(each, flow=True) + ("," if number + 1 < len(value) else "]")
        if len(line) + len(word) >= WIDEST and line.strip() != "[":
            out.append(line.rstrip())
            line = " " * (indent + 1)
        line += word + " "
    return [*out, line.rstrip()]


def _is_literal(text: str) -> bool:
    """Whether a text of several lines can stand as it is behind `|`."""
    body = text.removesuffix("\n").split("\n")
    fits = all(_AS_IT_IS.fullmatch(line) and line == line.rstrip() for line in body)
    return len(body) > 1 and fits and bool(body[0]) and not body[0].startswith(" ") and bool(body[-1])


def _literal(text: str, indent: int) -> list[str]:
    return [f"{' ' * indent}{line}" if line else "" for line in text.removesuffix("\n").split("\n")]
