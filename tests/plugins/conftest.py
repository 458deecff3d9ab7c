"""Plugins made on the fly: a module and the metadata of an installed distribution, in a folder on the path."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nnspec.plugin import manager
from nnspec.plugin.vocabulary import Vocabulary, gather

GOOD = """
from nnspec.plugin import Activation, hookimpl

@hookimpl
def nnspec_activations():
    yield Activation(name="{word}", equation="u", apply=lambda u: u)
"""


@pytest.fixture(autouse=True)
def own_memory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The remembered listing of the user is left alone."""
    folder = tmp_path_factory.mktemp("memory")
    monkeypatch.setenv("NNSPEC_CACHE", str(folder))
    return folder


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install a module as the plugin `name` of the distribution `nnspec-<name>`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def put(name: str, source: str, *, version: str = "1.0") -> None:
        (tmp_path / f"stranger_{name}.py").write_text(source)
        info = tmp_path / f"nnspec_{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: nnspec-{name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[nnspec]\n{name} = stranger_{name}\n")
        importlib.invalidate_caches()

    yield put
    for module in set(sys.modules) - before:
        if module.startswith(("stranger_", "nnspec_file_")):
            del sys.modules[module]


@pytest.fixture
def teaching() -> Callable[[str], str]:
    """The source of a plugin that teaches one activation."""
    return lambda word: GOOD.format(word=word)


@pytest.fixture
def words() -> Callable[..., Vocabulary]:
    """The vocabulary as it is now, not as it was remembered."""

    def gathered(**options: object) -> Vocabulary:
        return gather(manager.load(**options))  # type: ignore[arg-type]

    return gathered
