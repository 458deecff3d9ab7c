"""Shelves, files, the memory of uninstalled plugins, and what loading must not do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from nnspec.plugin import manager
from nnspec.plugin.api import mismatch
from nnspec.plugin.manager import KINDS
from nnspec.plugin.vocabulary import load_vocabulary


def test_each_module_of_a_shelf_is_a_plugin(tmp_path, install, words, teaching):
    shelf = tmp_path / "stranger_shelf"
    shelf.mkdir()
    (shelf / "__init__.py").write_text('"""A shelf."""\n')
    for name in ("zeta", "alpha"):
        (shelf / f"{name}.py").write_text(teaching(name))
    (shelf / "_hidden.py").write_text("raise RuntimeError\n")
    (shelf / "broken.py").write_text("raise RuntimeError('dust')\n")
    install("shelf", "")
    (tmp_path / "stranger_shelf.py").unlink()
    vocabulary = words()
    assert vocabulary.origin("activations", "alpha").module == "stranger_shelf.alpha"
    mine = [plugin for plugin in vocabulary.plugins if plugin.owner.plugin == "shelf"]
    assert [plugin.owner.module.rpartition(".")[2] for plugin in mine] == ["alpha", "broken", "zeta"]
    assert [plugin.state for plugin in mine] == ["loaded", "disabled", "loaded"]


def test_a_package_with_hooks_of_its_own_is_one_plugin(tmp_path, install, words, teaching):
    package = tmp_path / "stranger_package"
    package.mkdir()
    (package / "__init__.py").write_text(teaching("inside"))
    (package / "part.py").write_text("raise RuntimeError('not a plugin')\n")
    install("package", "")
    (tmp_path / "stranger_package.py").unlink()
    vocabulary = words()
    assert vocabulary.origin("activations", "inside").module == "stranger_package"
    assert not [problem for problem in vocabulary.problems if "stranger" in problem.message]


def test_a_file_is_a_plugin(tmp_path, words, teaching):
    path = tmp_path / "mine.py"
    path.write_text(teaching("fresh"))
    for no_plugins in (False, True):
        vocabulary = words(files=(path,), no_plugins=no_plugins)
        assert vocabulary.origin("activations", "mine:fresh").distribution == str(path)


@pytest.mark.parametrize("name", ["missing.py", "text.txt"])
def test_a_file_that_is_none_is_reported(tmp_path, words, name):
    (tmp_path / "text.txt").write_text("no Python")
    problems = words(files=(str(tmp_path / name),)).problems
    assert [p.code for p in problems if name in p.message] == ["NN902"]


def test_an_uninstalled_plugin_is_remembered(tmp_path, install, own_memory, teaching):
    install("gone", teaching("lost"))
    load_vocabulary.cache_clear()
    assert load_vocabulary().who_had("activations", "lost") == "nnspec-gone"
    stamp = (own_memory / "plugins.json").stat().st_mtime_ns
    shutil.rmtree(tmp_path / "nnspec_gone-1.0.dist-info")
    load_vocabulary.cache_clear()
    vocabulary = load_vocabulary()
    load_vocabulary.cache_clear()
    assert "lost" not in vocabulary.activations
    assert vocabulary.who_had("activations", "lost") == "nnspec-gone"
    assert (own_memory / "plugins.json").stat().st_mtime_ns == stamp
    assert json.loads((own_memory / "plugins.json").read_text()) == {"activations": {"lost": "nnspec-gone"}}


@pytest.mark.parametrize("text", ["", "[]", '{"layers": 3}', '{"layers": {"kan": 3}}'])
def test_a_spoilt_memory_does_no_harm(own_memory, words, text):
    (own_memory / "plugins.json").write_text(text)
    assert words().who_had("layers", "kan") == "nnspec-kan"
    assert words().who_had("layers", "nothing") is None


def test_a_source_tree_that_is_not_installed_says_so(monkeypatch, words):
    monkeypatch.setattr(manager, "BUILT_IN", "somebody-else")
    (problem,) = [problem for problem in words().problems if problem.code == "NN907"]
    assert "not installed" in problem.message


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        (">=1,<2", True),
        ("==1", True),
        ("!=1", False),
        (">1", False),
        ("<=0", False),
        ("1", False),
        (",", False),
    ],
)
def test_ranges_of_the_interface(text, fits):
    assert (mismatch(text) is None) == fits


def test_built_ins_come_first_and_all_kinds_have_words():
    vocabulary = load_vocabulary(no_plugins=True)
    assert all(plugin.owner.distribution == "nnspec" for plugin in vocabulary.plugins)
    assert set(KINDS) == {"rules", *(kind for kind in vars(vocabulary) if kind in KINDS)}
    for kind in ("activations", "densities", "layers", "parameterizations", "datasets"):
        assert vocabulary.words(kind)


def test_loading_plugins_imports_no_arrays():
    """Rule of the house: `check` and `fmt` answer at once, so nothing may import JAX or NumPy to be loaded."""
    code = (
        "import sys; from nnspec.plugin.vocabulary import load_vocabulary; load_vocabulary(no_plugins=True);"
        "print(sorted({'jax', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
