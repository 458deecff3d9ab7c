"""Words of plugins that are known and not installed can be said, and give way to real ones."""

from __future__ import annotations

import pytest

from nnspec.ir.experiment import LayerNode
from nnspec.plugin.promised import promised
from nnspec.plugin.remembered import shipped

KAN = '''
from nnspec.plugin import Layer, hookimpl

@hookimpl
def nnspec_layers():
    yield Layer(name="kan", doc="real", fields=(), width=lambda n, f: 1, params=lambda n, f: (), apply=lambda *_: None)
'''


def test_promised_words_are_known_with_their_fields_and_the_reason(words):
    before = words(no_plugins=True)
    after = promised("nnspec-kan", before)
    kan, edges = after.layers["kan"], after.observables["edge_functions"]
    assert [(f.name, f.type, f.required, f.default) for f in kan.fields] == [
        ("width", "size", True, None), ("grid", "count", True, None), ("order", "count", False, "3"),
    ]  # fmt: skip
    assert kan.width(LayerNode(name="kan", options=(("grid", 5), ("width", 7))), 2) == 7
    assert edges.dims({"along": ("fit",)}) == ("edge", "x")
    assert kan.later == edges.later == "it comes with the plugin `nnspec-kan`, which is not installed"
    assert after.origin("layers", "kan").distribution == "nnspec-kan"
    with pytest.raises(NotImplementedError):
        kan.apply(None, {}, None, None)


def test_nothing_else_changes(words):
    before = words(no_plugins=True)
    after = promised("nnspec-kan", before)
    assert "kan" not in before.layers
    assert {*after.words("layers")} == {*before.words("layers"), "kan"}
    assert after.layers["dense"] is before.layers["dense"]
    assert after.layers["std-layers:dense"] is before.layers["dense"]
    assert after.activations is before.activations
    assert after.who_had("layers", "kan") == "nnspec-kan"


@pytest.mark.parametrize("name", ["nnspec_kan", "NNspec.Kan"])
def test_a_distribution_has_one_name_in_all_spellings(words, name):
    assert "kan" in promised(name, words(no_plugins=True)).layers


def test_an_unknown_distribution_promises_nothing(words):
    before = words(no_plugins=True)
    assert promised("nnspec-nothing", before).words("layers") == before.words("layers")


def test_an_installed_distribution_promises_nothing(install, words):
    install("kan", KAN)
    before = words()
    assert before.layers["kan"].doc == "real"
    assert promised("nnspec-kan", before) is before


def test_words_that_are_really_taught_win(install, words):
    install("other", KAN)
    after = promised("nnspec-kan", words())
    assert after.layers["kan"].doc == "real"
    assert after.origin("layers", "kan").distribution == "nnspec-other"
    assert "edge_functions" in after.observables


def test_a_broken_distribution_promises_nothing(install, words):
    install("kan", "raise ImportError('broken')")
    assert "kan" not in promised("nnspec-kan", words()).layers


def test_what_is_shipped_says_what_it_must():
    for kind, listed in shipped().items():
        for word, about in listed.items():
            assert {"distribution", "doc", "fields"} <= set(about), f"{kind}:{word}"
            assert kind != "observables" or {"equation", "dims"} <= set(about), f"{kind}:{word}"
