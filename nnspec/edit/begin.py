"""Small working files to begin with: a spec, a word for the language, a plugin of one's own."""

from __future__ import annotations

import keyword
import re
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Literal, get_args

from nnspec.ir.functions import CONSTANTS, FUNCTIONS
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.expr_build import reserved
from nnspec.text.diagnostic import Diagnostic, SpecError

Thing = Literal["spec", "activation", "density", "observable", "backend", "plugin"]
THINGS: tuple[str, ...] = get_args(Thing)
_KINDS = {
    "activation": "activations", "density": "densities", "observable": "observables", "backend": "backends",
    "plugin": "activations",
}  # fmt: skip
_TESTS = {"observable": "test_observable.py", "backend": "test_backend.py"}
_OURS = {"nnspec", "jax", "numpy", "pytest"}


@dataclass(frozen=True)
class Begun:
    """The files that were written, and what to type next."""

    files: tuple[Path, ...]
    next: tuple[str, ...]


def begin(thing: Thing, name: str, out: Path, words: Vocabulary) -> Begun:
    """Write the files of a new thing.

    Raises:
        SpecError: when the name cannot be used (NN731) or a file is there already (NN732).
        OSError: when a file cannot be written.
    """
    contents = _contents(thing, name, words)
    for file in contents:
        if (out / file).exists():
            message = "there is a file of this name, and it is not overwritten"
            raise SpecError(
                Diagnostic("NN732", message, where=str(out / file), helps=("choose another name, or `--out DIR`",))
            )
    for file, text in contents.items():
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        with (out / file).open("x", encoding="utf-8", newline="\n") as target:
            target.write(text)
    return Begun(tuple(out / file for file in contents), _next(thing, name, [str(out / file) for file in contents]))


def _contents(thing: Thing, name: str, words: Vocabulary) -> dict[str, str]:
    """The texts by the paths of their files."""
    if thing == "spec":
        if not re.fullmatch(r"\w[\w.-]{0,99}", name):
            raise _unusable(name, "the name of a spec also names its file and its run folder",
                            "letters, digits, `-`, `_` and `.`, at most 100 of them")  # fmt: skip
        return {f"{name}.yaml": _filled("spec.yaml", name=name)}
    word = _word(thing, name, words)
    if thing == "plugin":
        module, distribution = f"nnspec_{word.lower()}", f"nnspec-{word.lower().replace('_', '-')}"
        filled = {"word": word, "module": module, "name": distribution, "kind": "activations"}
        files = {
            "pyproject.toml": "pyproject.toml", f"{module}.py": "activation.py", f"{word.lower()}.yaml": "plugin.yaml",
            f"test_{word.lower()}.py": "test_words.py",
        }  # fmt: skip
        return {f"{distribution}/{file}": _filled(template, **filled) for file, template in files.items()}
    module, test = word.lower(), _TESTS.get(thing, "test_words.py")
    filled = {"word": word, "module": module, "kind": _KINDS[thing]}
    return {f"{module}.py": _filled(f"{thing}.py", **filled), f"test_{module}.py": _filled(test, **filled)}


def _filled(template: str, **words: str) -> str:
    text = (resources.files("nnspec.edit") / "templates" / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _word(thing: Thing, name: str, words: Vocabulary) -> str:
    """The word of the language that a name gives."""
    word = name.removeprefix("nnspec-").replace("-", "_") if thing == "plugin" else name.replace("-", "_")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,59}", word):
        raise _unusable(name, "a word of the language is a letter, then letters, digits and `_`", "as in `soft_sign`")
    kind = _KINDS[thing]
    if word in getattr(words, kind):
        owner = words.origin(kind, word)
        raise _unusable(name, f"`{word}` is taught already, by {owner}", f"see `nnspec doc {word}`")
    if reserved(word) or word in FUNCTIONS or word in CONSTANTS:
        raise _unusable(name, f"`{word}` is a word of the language itself", "choose another name")
    module = word.lower()
    if thing != "plugin" and (module in sys.stdlib_module_names or module in _OURS or keyword.iskeyword(module)):
        raise _unusable(name, f"a file `{module}.py` would hide a module that Python needs", "choose another name")
    return word


def _unusable(name: str, reason: str, advice: str) -> SpecError:
    return SpecError(Diagnostic("NN731", f"`{name}` cannot be used as a name: {reason}", helps=(advice,)))


def _next(thing: Thing, name: str, files: list[str]) -> tuple[str, ...]:
    match thing:
        case "spec":
            return f"nnspec check {files[0]}", f"nnspec run {files[0]}"
        case "plugin":
            folder = Path(files[0]).parent
            spec, test = files[2:4]
            return f"pip install -e {folder}", f"python -m pytest {test}", f"nnspec run {spec}"
        case _:
            word = name.replace("-", "_")
            return f"python -m pytest {files[1]}", f"nnspec doc {word} --plugin-file {files[0]}"
