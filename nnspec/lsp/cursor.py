"""Where the cursor is in a file that need not be YAML: the keys above it, from indentation and open brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nnspec.lsp.positions import is_letter

_QUOTED = r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\''
_KEY = re.compile(rf"({_QUOTED}|[^\s\[\]{{}}\"'#&*!|>%@`,-](?:(?!\s#).)*?)\s*:(?=\s|$)")
_DASH = re.compile(r"-(?:\s+|$)")
_COMMENT = re.compile(r"(?:^|\s)#")


@dataclass(frozen=True)
class Cursor:
    """The path of keys above a place, `-` being an item of a list, and the word that is being written there."""

    path: tuple[str, ...]
    key: bool
    """Whether a key may be written here."""
    start: int
    word: str
    before: str
    """What stands before the word on its line, or in its brackets."""
    siblings: frozenset[str] = frozenset()
    """Keys of the same mapping that stand before."""
    flow: bool = False
    quiet: bool = False
    """In a comment."""


@dataclass
class _Level:
    """A key or a dash with its column, and the keys that were seen below it."""

    column: int
    name: str
    filled: bool = False
    seen: set[str] = field(default_factory=set)


@dataclass
class _Bracket:
    """An open bracket of YAML, with the key whose value is being written in it."""

    sign: str
    key: str | None = None
    text: str = ""
    seen: set[str] = field(default_factory=set)


class _Walk:
    """Reads the text before the cursor line by line."""

    def __init__(self) -> None:
        self.levels: list[_Level] = [_Level(-1, "")]
        self.brackets: list[_Bracket] = []
        self.scalar: int | None = None
        """The column of the key whose block scalar is being read."""
        self.quiet = False

    def line(self, line: str) -> str:
        """Take a line; what is left of it behind keys and dashes is returned."""
        self.quiet = False
        indent = len(line) - len(line.lstrip(" "))
        if self.scalar is not None:
            if not line.strip() or indent > self.scalar:
                return line
            self.scalar = None
        if self.brackets:
            self.flow(line)
            return line
        rest, column = line.lstrip(" "), indent
        if rest.startswith("#"):
            self.quiet = True
            return rest
        while match := _DASH.match(rest):
            self.leave(column, dash=True)
            self.levels.append(_Level(column, "-"))
            column, rest = column + match.end(), rest[match.end() :]
        if not rest.strip():
            return rest
        match = _KEY.match(rest)
        if match is None:
            return self.value(rest)
        self.leave(column)
        name = match[1][1:-1] if match[1][0] in "\"'" else match[1]
        self.levels[-1].seen.add(name)
        self.levels.append(_Level(column, name))
        rest = rest[match.end() :].lstrip(" ")
        if rest[:1] in ("|", ">"):
            self.scalar = column
        return self.value(rest)

    def leave(self, column: int, *, dash: bool = False) -> None:
        """Leave the levels that a line of this column ends."""
        while self.levels[-1].column > column or (
            self.levels[-1].column == column and (not dash or self.levels[-1].name == "-")
        ):
            self.levels.pop()

    def value(self, rest: str) -> str:
        """What stands behind a key or a dash."""
        if rest[:1] in ("{", "["):
            self.flow(rest)
        elif rest[:1] not in ('"', "'") and (comment := _COMMENT.search(rest)) is not None:
            self.quiet = True
            rest = rest[: comment.start()]
        self.levels[-1].filled |= bool(rest.strip()) and self.levels[-1].name != "-"
        return rest

    def flow(self, text: str) -> None:
        """Read text between brackets of YAML; commas inside round ones are taken to belong to a formula."""
        quote = ""
        for k, sign in enumerate(text):
            top = self.brackets[-1] if self.brackets else None
            bare = top is None or not top.text.strip()
            if quote:
                quote = "" if sign == quote else quote
                if top is not None:
                    top.text += sign
            elif sign in "\"'" and bare:
                quote = sign
            elif sign == "#" and (k == 0 or text[k - 1].isspace()):
                self.quiet = True
                return
            elif sign in "{[" and bare:
                self.brackets.append(_Bracket(sign))
            elif top is None:
                continue
            elif sign in "}]" and top.text.count("[") <= top.text.count("]"):
                self.brackets.pop()
            elif sign == "," and top.text.count("(") <= top.text.count(")"):
                if top.key is None:
                    top.seen.add(top.text.strip())
                top.key, top.text = None, ""
            elif sign == ":" and top.sign == "{" and top.key is None and text[k + 1 : k + 2] in ("", " "):
                top.key, top.text = top.text.strip(), ""
                top.seen.add(top.key)
            else:
                top.text += sign
        if self.brackets:
            self.brackets[-1].text += " "


def cursor(text: str, offset: int) -> Cursor:
    """Where an offset is."""
    start = offset
    while start > 0 and is_letter(text[start - 1]):
        start -= 1
    *lines, last = re.split(r"\r\n|\n|\r", text[:start])
    walk = _Walk()
    for line in lines:
        walk.line(line)
    if walk.scalar is None and not walk.brackets and not last.strip():
        walk.leave(len(last))
        rest = ""
    else:
        rest = walk.line(last)
    path = [level.name for level in walk.levels[1:]]
    word, quiet = text[start:offset], walk.quiet
    if walk.brackets:
        for bracket in walk.brackets:
            path += ["-"] if bracket.sign == "[" else [bracket.key] if bracket.key else []
        top = walk.brackets[-1]
        key = top.sign == "{" and top.key is None and not top.text.strip()
        return Cursor(tuple(path), key, start, word, top.text, frozenset(top.seen), flow=True, quiet=quiet)
    level = walk.levels[-1]
    key = walk.scalar is None and not level.filled and not rest.strip() and not _behind_colon(last)
    return Cursor(tuple(path), key, start, word, rest, frozenset(level.seen), quiet=quiet)


def _behind_colon(line: str) -> bool:
    return line.rstrip().endswith(":") and bool(line.strip())
