"""The pieces of a page: elements with escaped text, tables, figures; no network, no scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from nnspec.report.tables import Table, aligned
from nnspec.result.format import plain_number

_SCRIPT = """
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
"""
"""The only script: it copies what stands on the page. Without scripts the buttons are not there."""
_FIGURE_SPACE = "\u2007"


def element(tag: str, *content: str, **attributes: str) -> str:
    """An element around HTML; attributes are escaped, `class_` is `class`."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return f"<{tag}{given}>{''.join(content)}</{tag}>"


def _only_itself() -> str:
    """What the page may load: nothing but what it holds."""
    known = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{known}'"


def source_text(text: str, name: str) -> str:
    """Text to be taken along, with a button that copies it."""
    button = element("button", "Copy", type="button", class_="copy", data_copy=name, hidden="hidden")
    return element("div", button, element("pre", element("code", escape(text), id=name), tabindex="0"), class_="source")


def section(title: str, *content: str) -> str:
    """A section with its heading; nothing when it would be empty."""
    body = "\n".join(filter(None, content))
    return f'<section id="{anchor(title)}">\n{element("h2", escape(title))}\n{body}\n</section>' if body else ""


def anchor(title: str) -> str:
    """The name of a section in links."""
    return title.lower().replace(" ", "-")


def paragraphs(text: str, **attributes: str) -> str:
    """Text with a paragraph for every blank line."""
    return "\n".join(
        element("p", escape(" ".join(part.split())), **attributes) for part in text.split("\n\n") if part.strip()
    )


def result_table(table: Table) -> str:
    """A table of results: numbers below each other by their points."""
    columns = [[_minus(cell) for cell in aligned(column, _FIGURE_SPACE)] for column in zip(*table.rows, strict=True)]
    head = _row("th", table.head) + (_row("th", table.under) if any(table.under) else "")
    body = "".join(_row("td", cells) for cells in zip(*columns, strict=True))
    title = element("h3", escape(table.title)) if table.title else ""
    table_ = element("table", element("thead", head), element("tbody", body), class_="numbers")
    warnings = [line for line in table.note.splitlines() if line.startswith("warning: ")]
    notes = [line for line in table.note.splitlines() if not line.startswith("warning: ")]
    below = "".join(element("p", escape(line), class_="small") for line in notes)
    below += "".join(element("p", escape(line), class_="note") for line in warnings)
    return title + _scrolled(table_, table.title or ", ".join(filter(None, table.head))) + below


def grid(head: Sequence[str], rows: Sequence[Sequence[str]], label: str) -> str:
    """A table of cells that are HTML already."""
    top = element("tr", *(element("th", cell, scope="col") for cell in head))
    body = "".join(element("tr", *(element("td", cell) for cell in row)) for row in rows)
    return _scrolled(element("table", element("thead", top), element("tbody", body), class_="numbers"), label)


def _scrolled(table: str, label: str) -> str:
    """A table that moves inside its own frame where the page is narrow."""
    return element("div", table, class_="wide", tabindex="0", role="region", aria_label=label)


def _minus(cell: str) -> str:
    """A number with a true minus sign, as wide as a plus."""
    return cell.replace("-", "−", 1) if cell.lstrip(_FIGURE_SPACE).startswith("-") else cell


def _row(tag: str, cells: Iterable[str]) -> str:
    scope = {"scope": "col"} if tag == "th" else {}
    return element("tr", *(element(tag, escape(cell), **scope) for cell in cells))


def mapping_table(rows: Sequence[Mapping[str, Any]], first: Sequence[str] = (), last: Sequence[str] = ()) -> str:
    """Rows of plain values as a table; columns in which nothing stands are left out."""
    keys = list(dict.fromkeys(key for row in rows for key in row if row[key] not in (None, "", [], {})))
    order = [key for key in first if key in keys] + [key for key in keys if key not in (*first, *last)]
    order += [key for key in last if key in keys]
    body = "".join(_row("td", (shown(key, row.get(key)) for key in order)) for row in rows)
    head = element("thead", _row("th", (key.replace("_", " ") for key in order)))
    return _scrolled(element("table", head, element("tbody", body), class_="plan"), "plan")


def shown(key: str, value: Any) -> str:
    """A plain value for people: thousands apart, bytes in units, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key in ("bytes", "memory") and isinstance(value, int | float):
        return _bytes(float(value))
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    if isinstance(value, float):
        return plain_number(value, 3)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(name, item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(shown(key, item) for item in value)
    return str(value)


def _bytes(value: float) -> str:
    unit = "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{plain_number(value, 3)} {unit}"


def picture(svg: bytes, alt: str, caption: str) -> str:
    """A picture inside the page, with its caption in HTML."""
    source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    box = re.search(rb'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    width, height = map(float, box.groups()) if box else (3.0, 2.0)
    kind = {"class_": "broad"} if width > 2 * height else {}
    image = f'<img src="{source}" alt="{escape(alt)}" width="{width:.0f}" height="{height:.0f}">'
    return element("figure", image, element("figcaption", caption), **kind)


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of names and values; empty values are left out."""
    return element("dl", *(element("dt", escape(key)) + element("dd", escape(value)) for key, value in pairs if value))


def document(title: str, body: str) -> str:
    """A whole page with its style, allowed to load nothing."""
    css = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_only_itself()}">\n'
        '<meta name="generator" content="nnspec">\n'
        f"<title>{escape(title)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n{body}\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )
