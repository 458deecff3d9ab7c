"""Data files that a spec names: the copy of a run, a file beside the spec, or in one of the folders of `NNSPEC_DATA`."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from nnspec.check.scope import Wrong
from nnspec.ir.files import FileValue
from nnspec.syntax import expr_tree as ast
from nnspec.text.diagnostic import Diagnostic, nearest

FOLDERS = "NNSPEC_DATA"
"""The variable with further folders, as in PATH."""


COPIES = "data"
"""The folder in which a run keeps the files that it used."""


def copy_name(name: str) -> str:
    """What the copy of a file is called that a spec knows as `name`."""
    return f"{hashlib.sha256(name.encode()).hexdigest()[:12]}-{Path(name).name}"


def folders(spec: str) -> tuple[Path, ...]:
    """Where data files of a spec are looked for; a spec that is no file is where the command was given."""
    own = Path(spec).parent if Path(spec).is_file() or Path(spec).parent != Path() else Path()
    return (own, *(Path(each) for each in os.environ.get(FOLDERS, "").split(os.pathsep) if each))


def data_file(node: ast.Str) -> FileValue:
    """The file that a text names; NN618 where there is none that can be read."""
    places = folders(node.span.source.name)
    known = (places[0] / COPIES / copy_name(node.text), *(folder / node.text for folder in places))
    path = next((each for each in known if each.is_file()), None)
    if path is None:
        near = nearest(node.text, _around(places[0] / node.text, places[0]))
        shown = f"looked for in {', '.join(str(each) for each in places)}"
        helps = (f"did you mean `{near}`?",) if near else (f"put it beside the spec, or its folder into {FOLDERS}",)
        message = f"there is no data file `{node.text}`"
        raise Wrong(Diagnostic("NN618", message, node.span, "named here", notes=(shown,), helps=helps))
    try:
        return FileValue.of(path.resolve())
    except OSError as error:
        message = f"the data file `{node.text}` cannot be read"
        raise Wrong(Diagnostic("NN618", message, node.span, str(error.strerror or error))) from error


def _around(path: Path, folder: Path) -> list[str]:
    """Files with other names in the same place, as they would be written."""
    try:
        names = [each for each in path.parent.iterdir() if each.is_file()]
        return [os.path.relpath(each, folder) for each in names[:1000]]
    except OSError:
        return []
