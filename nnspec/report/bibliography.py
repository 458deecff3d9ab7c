"""The bibliography: the papers that a run rests on, as BibTeX and for reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ACCENTS = {
    "'e": "é", "'c": "ć", '"u': "ü", '"o': "ö", '"a': "ä", "'a": "á", "'i": "í", "`e": "è", "~n": "ñ", "vc": "č",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One paper: its key, its kind and its fields, and the text it was read from."""

    key: str
    kind: str
    fields: Mapping[str, str]
    source: str

    @property
    def authors(self) -> tuple[str, ...]:
        """The authors as they sign: given names first."""
        names = re.split(r"\s+and\s+", self.fields.get("author", ""))
        return tuple(" ".join(reversed([part.strip() for part in name.split(",")])) for name in names if name)

    @property
    def link(self) -> str | None:
        """Where to read it: arXiv when it is there, else the publisher."""
        if "eprint" in self.fields:
            return f"https://arxiv.org/abs/{self.fields['eprint']}"
        return f"https://doi.org/{self.fields['doi']}" if "doi" in self.fields else self.fields.get("url")

    @property
    def venue(self) -> str:
        """Where it appeared, with volume, pages and year."""
        field = self.fields.get
        place = field("journal") or field("booktitle") or field("series") or field("publisher") or ""
        words = [place, field("volume", ""), f"({field('year')})", field("pages", "").replace("--", "–")]
        if not place and "eprint" in self.fields:
            words = [f"arXiv:{self.fields['eprint']}", f"({field('year')})"]
        return " ".join(word for word in words if word)

    def text(self) -> str:
        """The entry as one line."""
        names = list(self.authors)
        if len(names) > 6:
            who = ", ".join(names[:3]) + ", et al."
        else:
            who = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        return f"{who}, “{self.fields['title']}”, {self.venue}"


def entries(keys: Iterable[str]) -> list[Entry]:
    """The entries of these keys, each once, in this order; keys that the bibliography lacks are left out."""
    known = load()
    return [known[key] for key in dict.fromkeys(keys) if key in known]


def unknown(keys: Iterable[str]) -> list[str]:
    """The keys that the bibliography lacks (those of plugins that bring their own)."""
    known = load()
    return [key for key in dict.fromkeys(keys) if key not in known]


def bibtex(keys: Iterable[str]) -> str:
    """BibTeX of these keys, to be pasted into a paper."""
    return "\n\n".join(entry.source for entry in entries(keys)) + "\n"


@cache
def load() -> Mapping[str, Entry]:
    """The project's bibliography by key."""
    return read(_file().read_text(encoding="utf-8"))


def _file() -> Path:
    """Beside this file in an installed wheel, in `specs/` of a checkout."""
    here = Path(__file__).resolve()
    shipped = here.with_name("references.bib")
    return shipped if shipped.exists() else here.parents[2] / "specs" / "references.bib"


def read(text: str) -> dict[str, Entry]:
    """The entries of a .bib file.

    Raises:
        ValueError: A key is given twice, or a brace is not closed.
    """
    found: dict[str, Entry] = {}
    for match in re.finditer(r"^@(\w+)\s*\{\s*([^,\s]+)\s*,", text, re.MULTILINE):
        end = _closing(text, text.index("{", match.start()))
        kind, key = match.group(1).lower(), match.group(2)
        if key in found:
            message = f"the bibliography has '{key}' twice"
            raise ValueError(message)
        fields, source = _fields(text[match.end() : end]), text[match.start() : end + 1]
        found[key] = Entry(key=key, kind=kind, fields=fields, source=source)
    return found


def _closing(text: str, start: int) -> int:
    """The place of the brace that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    message = f"a brace is never closed: {text[start : start + 40]!r}"
    raise ValueError(message)


def _fields(body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while match := re.compile(r"\s*(\w+)\s*=\s*").match(body, place):
        if body[match.end()] == "{":
            end = _closing(body, match.end())
            value, place = body[match.end() + 1 : end], end + 1
        elif body[match.end()] == '"':
            end = body.index('"', match.end() + 1)
            value, place = body[match.end() + 1 : end], end + 1
        else:
            number = re.compile(r"[^,}\s]*").match(body, match.end())
            assert number is not None
            value, place = number.group(), number.end()
        found[match.group(1).lower()] = _readable(value)
        comma = re.compile(r"\s*,").match(body, place)
        place = comma.end() if comma else place
    return found


def _readable(value: str) -> str:
    """Text without the marks of LaTeX."""
    accent = re.compile(r"\{?\\([\'\"`~v])\s*\{?(\w)\}?\}?")
    value = accent.sub(lambda found: _ACCENTS.get(found.group(1) + found.group(2), found.group(2)), value)
    value = value.replace(r"\&", "&").replace("{", "").replace("}", "").replace("~", " ")
    return " ".join(value.split())
