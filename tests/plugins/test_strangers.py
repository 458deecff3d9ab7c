"""A plugin that misbehaves is named, and harms no word but its own."""

from __future__ import annotations

import pytest

from nnspec.plugin import manager
from nnspec.text.catalogue import page
from nnspec.text.diagnostic import render

HOOK = "from nnspec.plugin import Activation, Density, hookimpl\n"


def only(vocabulary, code):
    """The one problem of this code that the bad plugin made."""
    found = [problem for problem in vocabulary.problems if problem.code == code and "nnspec-bad 1.0" in problem.message]
    assert len(found) == 1, [render(problem) for problem in vocabulary.problems]
    assert page(code) is not None
    return found[0]


@pytest.fixture
def beside(install, words, teaching):
    """Install a bad plugin beside a good one, load, and see that the good words and the built-ins are there."""

    def load(source, name="bad", **options):
        install("good", teaching("fine"))
        install(name, source)
        vocabulary = words(**options)
        assert "fine" in vocabulary.activations
        assert "relu" in vocabulary.activations
        return vocabulary

    return load


def test_a_good_stranger_is_heard_and_owns_its_word(install, words, teaching):
    install("good", teaching("fine"), version="2.5")
    vocabulary = words()
    owner = vocabulary.origin("activations", "fine")
    assert (owner.plugin, owner.distribution, owner.version) == ("good", "nnspec-good", "2.5")
    assert owner.module == "stranger_good"
    assert vocabulary.activations["good:fine"] is vocabulary.activations["fine"]
    assert "good:fine" not in list(vocabulary.activations)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise RuntimeError('first line\\nlast line')\n", "RuntimeError: last line"),
        ("def broken(:\n", "SyntaxError"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
        (HOOK + "@hookimpl\ndef nnspec_activations(config):\n    return []\n", "can not be found in the hookspec"),
    ],
    ids=["import", "raise", "syntax", "exit", "arguments"],
)
def test_a_plugin_that_cannot_be_loaded_is_disabled(beside, source, reason):
    vocabulary = beside(source)
    problem = only(vocabulary, "NN902")
    assert problem.level == "warning"
    assert "'bad' (stranger_bad, nnspec-bad 1.0) is disabled" in problem.message
    assert reason in problem.message
    states = {plugin.owner.plugin: plugin.state for plugin in vocabulary.plugins}
    assert (states["bad"], states["good"]) == ("disabled", "loaded")


@pytest.mark.parametrize(
    "body", ["    raise ValueError('no')\n", "    yield Activation(name='x', equation='', apply=abs)\n    1 / 0\n"]
)
def test_a_hook_that_raises_teaches_nothing(beside, body):
    vocabulary = beside(HOOK + "@hookimpl\ndef nnspec_activations():\n" + body)
    only(vocabulary, "NN902")
    assert "x" not in vocabulary.activations


def test_a_misspelt_hook_gets_a_suggestion_and_the_others_work(beside, teaching):
    rest = "@hookimpl\ndef nnspec_activation():\n    return []\n"
    vocabulary = beside(teaching("other") + rest)
    problem = only(vocabulary, "NN905")
    assert "unknown hook 'nnspec_activation'" in problem.message
    assert problem.helps == ("did you mean 'nnspec_activations'?",)
    assert "other" in vocabulary.activations


def test_an_unmarked_hook_is_reported(beside):
    vocabulary = beside("def nnspec_layers():\n    return []\n")
    assert "'nnspec_layers' that is not marked" in only(vocabulary, "NN905").message


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("yield 'snake'", "str"),
        ("return None", "NoneType"),
        ("return 'snake'", "str"),
        ("return Activation(name='x', equation='', apply=abs)", "Activation"),
    ],
)
def test_a_wrong_record_is_left_out(beside, body, kind):
    vocabulary = beside(HOOK + f"@hookimpl\ndef nnspec_densities():\n    {body}\n")
    problem = only(vocabulary, "NN906")
    assert f"gave a {kind}" in problem.message


def test_records_beside_a_wrong_one_count(beside):
    source = (
        HOOK + "@hookimpl\ndef nnspec_activations():\n    return [3, Activation(name='x', equation='', apply=abs)]\n"
    )
    vocabulary = beside(source)
    only(vocabulary, "NN906")
    assert "x" in vocabulary.activations


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("'>=2'", "made for API '>=2', and this is API 1"),
        ("'<1'", "made for API"),
        ("'about 1'", "not a range"),
        ("1", "not a range"),
    ],
)
def test_a_plugin_for_another_interface_is_not_registered(beside, text, reason, teaching):
    vocabulary = beside(f"NNSPEC_API = {text}\n" + teaching("x"))
    problem = only(vocabulary, "NN904")
    assert reason in problem.message
    assert "x" not in vocabulary.activations


def test_a_plugin_for_this_interface_is_registered(beside, teaching):
    assert "x" in beside("NNSPEC_API = '>=1, <2'\n" + teaching("x")).activations


def test_the_second_owner_of_a_word_is_reached_by_its_plugin(beside, teaching):
    vocabulary = beside(teaching("relu"))
    problem = only(vocabulary, "NN903")
    assert "'relu' is taught twice" in problem.message
    assert "nnspec_std.activations.relu" in problem.message
    assert vocabulary.origin("activations", "relu").distribution == "nnspec"
    assert vocabulary.activations["relu"].degree == 1
    assert vocabulary.activations["bad:relu"] is not vocabulary.activations["relu"]
    assert vocabulary.origin("activations", "bad:relu").distribution == "nnspec-bad"
    assert vocabulary.words("activations").count("relu") == 1


def test_an_alias_is_a_word_too(beside, teaching):
    assert "'identity' is taught twice" in only(beside(teaching("identity")), "NN903").message


def test_a_slow_import_is_remarked(beside, monkeypatch, teaching):
    monkeypatch.setattr(manager, "SLOW", 0.05)
    vocabulary = beside("import time\ntime.sleep(0.1)\n" + teaching("x"))
    assert any("nnspec-bad" in p.message for p in vocabulary.problems if p.code == "NN908")
    assert "x" in vocabulary.activations


def test_strangers_can_be_left_out(install, words, teaching):
    install("good", teaching("fine"))
    vocabulary = words(no_plugins=True)
    assert "fine" not in vocabulary.activations
    assert "relu" in vocabulary.activations


def test_the_trace_says_who_answered(install, words, monkeypatch, capsys, teaching):
    install("good", teaching("fine"))
    monkeypatch.setenv("NNSPEC_TRACE_PLUGINS", "1")
    words()
    said = capsys.readouterr().err
    assert "nnspec: nnspec_activations <- 'good' (stranger_good, nnspec-good 1.0): fine" in said
    assert "nnspec_std.activations.relu" in said
