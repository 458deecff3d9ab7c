"""Every layer obeys its laws, and the laws catch layers that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nnspec.ir.experiment import LayerNode
from nnspec.numerics.lazy import np
from nnspec.plugin import Kernels
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import check_layer

WORDS = load_vocabulary(no_plugins=True)
NAMES = WORDS.words("layers")


def dense_by_hand(node, weights, h):
    rows = [[sum(w * x for w, x in zip(row, point, strict=True)) for row in weights["weight"]] for point in h]
    return np.array(rows) + weights["bias"]


DIRECT = {"dense": dense_by_hand, "act": lambda node, weights, h: np.tanh(h)}


def test_there_are_layers():
    assert len(NAMES) >= 2, f"saw {len(NAMES)} words"


@pytest.mark.parametrize("name", NAMES)
def test_laws(name):
    """False alarm <= 1e-6 over keys for each kernel."""
    check_layer(WORDS.layers[name], WORDS, direct=DIRECT.get(name))


def test_a_dense_layer_without_bias_has_no_bias():
    from nnspec.testing.layer_laws import example_node

    record = WORDS.layers["dense"]
    node = example_node(record)
    bare = replace(node, options=tuple((k, None if k == "bias" else v) for k, v in node.options))
    assert [param.name for param in record.params(bare, 4)] == ["weight"]
    check_layer(record, WORDS, node=lambda size: replace(bare, options=(("width", size), *bare.options[1:])))


def without_bias(node, kernels, second_moment, words):
    k = second_moment("weight") * kernels.nngp
    return Kernels(nngp=k, ntk=k + second_moment("weight") * kernels.ntk)


def frozen(node, kernels, second_moment, words):
    exact = WORDS.layers["dense"].kernel(node, kernels, second_moment, words)
    return Kernels(nngp=exact.nngp, ntk=exact.ntk - exact.nngp)


@pytest.mark.parametrize(("kernel", "message"), [(without_bias, "for K"), (frozen, "for Theta")])
def test_the_laws_catch_a_wrong_kernel(kernel, message):
    with pytest.raises(AssertionError, match=message):
        check_layer(replace(WORDS.layers["dense"], kernel=kernel), WORDS)


def test_the_laws_catch_a_layer_that_is_not_its_definition():
    with pytest.raises(AssertionError, match="written directly"):
        check_layer(WORDS.layers["act"], WORDS, direct=lambda node, weights, h: np.sin(h))


def test_price_supplies_a_missing_dual_prime():
    """An activation that knows T alone gets the same kernels."""
    relu = replace(WORDS.activations["erf"], dual_prime=None)
    words = replace(WORDS, activations={**WORDS.activations, "erf": relu})
    check_layer(WORDS.layers["act"], words)


@pytest.mark.parametrize("formula", ["bias[i] + 2*sum_j weight[i, j]*h[j]", "sum_j weight[i, j]*h[j]", "bias[i] + h[i]"])
def test_the_laws_catch_a_wrong_formula(formula):
    with pytest.raises((AssertionError, IndexError), match=r"by its formula|out of bounds"):
        check_layer(replace(WORDS.layers["dense"], formula=lambda node: formula), WORDS)


def test_the_laws_catch_a_formula_with_another_activation():
    record = replace(WORDS.layers["act"], kernel=None)
    node = LayerNode(name="act", options=(("function", ("swish", ())),))
    check_layer(record, WORDS, node=lambda size: node)
    with pytest.raises(AssertionError, match="by its formula"):
        check_layer(replace(record, formula=lambda node: "tanh(h[i])"), WORDS, node=lambda size: node)
