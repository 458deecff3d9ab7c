"""The catalogue of error codes: one page each, with the reason and a bad and a good example."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_TITLE = re.compile(r"\A# (NN\d{3}): (.+)\n")
_EXAMPLE = re.compile(r"^## (Bad|Good)\n+```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """What `nnspec explain CODE` shows."""

    code: str
    title: str
    why: str
    bad: str
    good: str


def read_page(text: str) -> Page:
    """Read a page from its Markdown form."""
    text = text.replace("\r\n", "\n")
    title = _TITLE.match(text)
    assert title is not None, "a page starts with `# NNxxx: title`"
    examples = {match[1]: match[2] for match in _EXAMPLE.finditer(text)}
    why = text[title.end() :].partition("\n## ")[0].strip()
    return Page(title[1], title[2].strip(), why, examples.get("Bad", ""), examples.get("Good", ""))


@cache
def _codes() -> tuple[str, ...]:
    folder = resources.files("nnspec.text") / "pages"
    return tuple(sorted(each.name.removesuffix(".md") for each in folder.iterdir() if each.name.endswith(".md")))


def codes() -> list[str]:
    """All codes that have a page, sorted."""
    return list(_codes())


@cache
def page(code: str) -> Page | None:
    """The page of a code, read when it is first asked for."""
    if code not in _codes():
        return None
    return read_page((resources.files("nnspec.text") / "pages" / f"{code}.md").read_text(encoding="utf-8"))
