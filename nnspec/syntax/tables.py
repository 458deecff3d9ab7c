"""Parser tables of the formula grammar: built once, kept beside the grammar, checked before use.

`python -m nnspec.syntax.tables` writes them. The file holds a pickle, so only the one inside the package is
ever loaded, and only under a header that names this grammar and this version of Lark; otherwise the tables
are built again in memory.
"""

from __future__ import annotations

import hashlib
import io
import json
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Lark

STARTS = ("expr_field", "decl_field", "range_field", "block_field")
_FILE = "expr.tables"


def grammar() -> str:
    """The text of the grammar."""
    return (resources.files("nnspec.syntax") / "expr.lark").read_text(encoding="utf-8")


def build(*, strict: bool = False) -> Lark:
    """Build the parser from the grammar; `strict` refuses conflicts and colliding terminals."""
    from lark import Lark

    return Lark(
        grammar(),
        parser="lalr",
        lexer="contextual",
        strict=strict,
        start=list(STARTS),
        propagate_positions=True,
        maybe_placeholders=True,
    )


def header() -> bytes:
    """The line that says which grammar and which Lark the tables belong to."""
    digest = hashlib.sha256(grammar().encode()).hexdigest()
    return json.dumps({"grammar": digest, "lark": version("lark")}, sort_keys=True).encode() + b"\n"


def write(path: Path) -> None:
    """Write the tables under their header."""
    buffer = io.BytesIO()
    build().save(buffer)
    path.write_bytes(header() + buffer.getvalue())


@cache
def load() -> Lark:
    """The parser: from the tables if they are current, else built in memory."""
    from lark import Lark

    file = resources.files("nnspec.syntax") / _FILE
    if file.is_file():
        line, _, tables = file.read_bytes().partition(b"\n")
        if line + b"\n" == header():
            return Lark.load(io.BytesIO(tables))
    return build()


if __name__ == "__main__":
    write(Path(__file__).with_name(_FILE))
