"""Every parameterization starts with pre-activations of order one, and trains in the regime that it is known for."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from nnspec.ir.experiment import InputDecl, LayerNode, LayerStack, Model
from nnspec.ir.expr import Density, Domain, Lit
from nnspec.lower.stack import resolve_stack
from nnspec.numerics.lazy import np
from nnspec.plugin import Exponents
from nnspec.plugin.vocabulary import load_vocabulary
from nnspec.testing import assert_agree, check_parameterization

VOCABULARY = load_vocabulary(no_plugins=True)
WORDS = VOCABULARY.parameterizations
NAMES = VOCABULARY.words("parameterizations")
ROLES = ("input", "hidden", "readout")
# a, b and c by role, and the exponent r: hidden features move as n^-r in training by SGD
TABLE = {
    "standard": ((0, 0, 0), (0, 0.5, 0.5), (0, 0, 0), -1),
    "ntk": ((0, 0.5, 0.5), (0, 0, 0), (0, 0, 0), 0.5),
    "mup": ((-0.5, 0, 0.5), (0.5, 0.5, 0.5), (0, 0, 0), 0),
    "mean_field": ((0, 0.5, 1), (0, 0, 0), (-1, -1, -1), 0),
}


def powers(name, optimizer="sgd", **options):
    """Exponents by role."""
    return [WORDS[name].exponents(role, optimizer, **options) for role in ROLES]


def test_there_are_parameterizations():
    assert set(NAMES) >= {*TABLE, "abc"}


@pytest.mark.parametrize("name", NAMES)
def test_laws(name):
    check_parameterization(WORDS[name])


@pytest.mark.parametrize("name", sorted(TABLE))
def test_exponents_are_those_of_the_table(name):
    a, b, c, _ = TABLE[name]
    assert [(p.a, p.b, p.c) for p in powers(name)] == list(zip(a, b, c, strict=True))


@pytest.mark.parametrize("name", sorted(TABLE))
def test_abc_says_the_same_by_numbers(name):
    a, b, c, _ = TABLE[name]
    check_parameterization(WORDS["abc"], options={"a": a, "b": b, "c": c})
    for mine, theirs in zip(powers("abc", a=a, b=b, c=c), powers(name), strict=True):
        assert (mine.a, mine.b, mine.c, mine.a_in + mine.b_in) == (theirs.a, theirs.b, theirs.c, theirs.a_in + theirs.b_in)


def test_abc_with_options_is_held_to_the_whole_law():
    with pytest.raises(AssertionError, match="a \\+ b of the hidden layer is 0"):
        check_parameterization(WORDS["abc"], options={"a": (0, 0, 0.5), "b": (0, 0, 0), "c": (0, 0, 0)})


# ---------------------------------------------------------------- training
@pytest.mark.parametrize("name", sorted(TABLE))
def test_regimes_under_sgd(name):
    r"""r = min(a_3 + b_3, 2 a_3 + c) + c - 1 + min(2 a_1 + 1, 2 a_2): r < 0 unstable, r = 0 features, r > 0 kernel [yang2021]."""
    first, hidden, last = powers(name)
    c = last.c
    assert first.c == hidden.c == c
    r = min(last.a + last.b, 2 * last.a + c) + c - 1 + min(2 * first.a + 1, 2 * hidden.a)
    assert r == TABLE[name][3]
    if r >= 0:  # then the outputs move by O(1), neither more nor less
        assert min(2 * last.a + c, last.a + last.b + r) == 1


@pytest.mark.parametrize("name", ["mup", "mean_field"])
def test_features_move_by_order_one_under_adam(name):
    """Slopes of the changes in log n after one step: -c - a, then the larger of the last and 1 - c - a."""
    first, hidden, last = powers(name, "adam")
    slopes = [-first.c - first.a]
    slopes.append(max(slopes[-1], 1 - hidden.c - hidden.a))
    slopes.append(max(1 - last.c - last.a, 1 - (last.a + last.b) + slopes[-1]))
    assert slopes == [0, 0, 0]


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 2), ("adam", 1)])
def test_mean_field_is_mup_in_another_gauge(optimizer, rate):
    """(a, b, c) -> (a + 1/2, b - 1/2, c - rate/2) changes neither the function nor its training."""
    for mup, field in zip(powers("mup", optimizer), powers("mean_field", optimizer), strict=True):
        assert (field.a, field.b, field.c) == (mup.a + 0.5, mup.b - 0.5, mup.c - rate / 2)
        assert (field.a_in, field.b_in) == (mup.a_in, mup.b_in)


# ---------------------------------------------------------------- the start
def network(name, width, dim, options=()):
    """Three dense layers with weights of variance 2, 2, 1: their arrays with the factors that belong to them."""
    def dense(outputs, variance):
        law = Density(name="Normal", names=("mean", "variance"), args=(Lit(value=0.0), Lit(value=variance)))
        return LayerNode(name="dense", options=(("bias", None), ("weight", law), ("width", outputs)))

    stack = LayerStack(
        input="x", layers=(dense(width, 2.0), dense(width, 2.0), dense(1, 1.0)), parameterization=name,
        parameterization_options=options,
    )  # fmt: skip
    model = Model(inputs=(InputDecl(name="x", space=Domain(shape="reals", dim=dim)),), stack=stack)
    return [step.params[0] for step in resolve_stack(model, VOCABULARY)]


@pytest.mark.parametrize("width", [32, 128])
@pytest.mark.parametrize("name", [*sorted(TABLE), "abc"])
def test_pre_activations_are_of_order_one(name, width):
    """With ReLU between them E h^2 is 2, 2 and n^{1 - 2(a + b)} at every width, for |x|^2 = d.

    False alarm <= 1e-6 over keys for each case; a layer that is off by half is missed with less than 1e-3, and a
    wrong power of n or d makes it 5 times too large or too small at least.
    """
    a, b, c, _ = TABLE["ntk" if name == "abc" else name]
    options = {"a": a, "b": b, "c": c} if name == "abc" else {}
    layers, dim, draws = network(name, width, 5, tuple(options.items())), 5, 2000
    rng = np.random.default_rng(20240229)
    squares = np.zeros((draws, 3))
    for draw in range(draws):
        h = np.array([1.0, -1.0, 1.0, 1.0, -1.0])
        for k, (layer, variance) in enumerate(zip(layers, (2.0, 2.0, 1.0), strict=True)):
            w = layer.initial * np.sqrt(variance) * rng.normal(size=layer.param.shape)
            h = layer.multiplier * w @ (h if k == 0 else np.maximum(h, 0.0))
            squares[draw, k] = np.mean(h**2)
    last = powers(name, **options)[-1]
    want = np.array([2.0, 2.0, float(width) ** (1 - 2 * (last.a + last.b))])
    scaled = squares / want[None, :]
    mean = SimpleNamespace(value=scaled.mean(axis=0), stderr=scaled.std(axis=0, ddof=1) / np.sqrt(draws))
    assert dim == network(name, width, dim, tuple(options.items()))[0].param.fan_in
    assert_agree(mean, np.ones(3), false_alarm=1e-6, detect=0.5)


# ---------------------------------------------------------------- what the law catches
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Exponents(), "a_in \\+ b_in of the input"),
        (Exponents(a_in=0.5, a=0.5), "a \\+ b of the input"),
        (Exponents(a_in=float("nan")), "not finite"),
    ],
)
def test_the_law_catches(wrong, message):
    def exponents(role, optimizer):
        return wrong if role == "input" else WORDS["ntk"].exponents(role, optimizer)

    with pytest.raises(AssertionError, match=message):
        check_parameterization(replace(WORDS["ntk"], exponents=exponents))


def test_the_law_catches_growing_outputs():
    def exponents(role, optimizer):
        return Exponents() if role == "readout" else WORDS["ntk"].exponents(role, optimizer)

    with pytest.raises(AssertionError, match="readout is 0"):
        check_parameterization(replace(WORDS["ntk"], exponents=exponents))


def test_the_law_catches_a_lost_power_of_the_dimension_under_any_exponents():
    def exponents(role, optimizer, a, b, c):
        return Exponents(a=a[0], b=b[0])

    with pytest.raises(AssertionError, match="a_in \\+ b_in of the input"):
        check_parameterization(replace(WORDS["abc"], exponents=exponents))
