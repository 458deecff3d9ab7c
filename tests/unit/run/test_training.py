"""Training against a loop written by hand, against optax, and against symmetries of the parameterizations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import optax
import pytest

import nnspec
from nnspec.lower.ensemble import Reader
from nnspec.lower.field import environment, traced_constants
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp
from nnspec.run.execute import ComputingError
from nnspec.stages import SpecError, loads

SPEC = """\
nnspec: 1
name: trained
let: {{n: 6, lr: 0.1}}
data:
  X: [[1.0, 0.0], [0.3, 0.8], [-0.6, 0.5], [0.2, -0.9], [0.5, 0.5]]
  toy: table(X, x[1] - 2*x[2]^2)
  at: [[0.5, 0.1], [-1.0, 0.2]]
model:
  inputs: {{x: R^2}}
  parameterization: {parameterization}
  layers:
    - dense: {{width: n, weight: "Normal(0, 2)"{bias}}}
    - act: tanh
    - dense: {{width: n, weight: "Normal(0, 2)"}}
    - act: tanh
    - dense: {{width: 1, weight: "Normal(0, 1)"}}
observables:
  fit: {{train: {{data: toy, optimizer: {optimizer}, steps: {steps}, record: {{at: at, every: 1}}, draws: 3{more}}}}}
"""
BIAS = ', bias: "Normal(0, 0.1)"'


def text(
    optimizer: str = "{sgd: {lr: lr}}", steps: int = 7, parameterization: str = "standard", bias: str = BIAS, more: str = ""
) -> str:
    return SPEC.format(optimizer=optimizer, steps=steps, parameterization=parameterization, bias=bias, more=more)


def run(folder: Path, **options) -> nnspec.Run:
    return nnspec.loads(text(**options)).run(folder, plots=False)


def start(spec: str, draw: int):
    """The parameters of a network, as everything else draws it, and its field."""
    checked = loads(spec).check()
    reader = Reader.of(checked.experiment, environment(checked.experiment, checked.spec.words,
                                                       traced_constants(checked.experiment), jnp.float64))  # fmt: skip
    root = streams.stream(streams.root_key(0), "measure/model")
    return {name: np.asarray(array) for name, array in reader.draw(streams.draw_key(root, draw)).items()}, reader.field


X = np.array([[1.0, 0.0], [0.3, 0.8], [-0.6, 0.5], [0.2, -0.9], [0.5, 0.5]])
Y = X[:, 0] - 2 * X[:, 1] ** 2
AT = np.array([[0.5, 0.1], [-1.0, 0.2]])


def forward(theta, x):
    h1 = x @ theta["weight_1"].T + theta["bias_1"]
    h2 = np.tanh(h1) @ theta["weight_2"].T
    return h1, h2, (np.tanh(h2) @ theta["weight_3"].T)[:, 0]


def gradient(theta, x, y):
    h1, h2, f = forward(theta, x)
    g3 = 2 * (f - y)[:, None] / len(x)
    g2 = (g3 @ theta["weight_3"]) * (1 - np.tanh(h2) ** 2)
    g1 = (g2 @ theta["weight_2"]) * (1 - np.tanh(h1) ** 2)
    return {"weight_3": g3.T @ np.tanh(h2), "weight_2": g2.T @ np.tanh(h1), "weight_1": g1.T @ x, "bias_1": g1.sum(0)}


@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_gradient_descent_is_that_of_a_loop_by_hand(tmp_path, momentum):
    optimizer = f"{{sgd: {{lr: lr, momentum: {momentum}}}}}"
    fit = run(tmp_path, optimizer=optimizer)
    for draw in range(3):
        theta, _ = start(text(optimizer), draw)
        memory = {name: 0 * array for name, array in theta.items()}
        for step in range(8):
            f = forward(theta, X)[2]
            np.testing.assert_allclose(fit["fit.loss"].value[draw, step], np.mean((f - Y) ** 2), rtol=1e-12)
            np.testing.assert_allclose(fit["fit.predictions"].value[draw, step], forward(theta, AT)[2], rtol=1e-11, atol=1e-13)
            slopes = gradient(theta, X, Y)
            memory = {name: momentum * memory[name] + slopes[name] for name in theta}
            theta = {name: theta[name] - 0.1 * memory[name] for name in theta}
    last = fit["fit.loss"].value[:, -1]
    np.testing.assert_allclose(fit["fit.final_loss"].value, np.mean(last), rtol=1e-14)
    np.testing.assert_allclose(fit["fit.final_loss"].stderr, np.std(last, ddof=1) / np.sqrt(3), rtol=1e-12)


def test_adam_is_that_of_optax(tmp_path):
    optimizer = "{adam: {lr: 0.02, b1: 0.8, b2: 0.95, eps: 1e-3}}"
    fit = run(tmp_path, optimizer=optimizer)
    theta, field = start(text(optimizer), 1)
    rule = optax.adam(0.02, b1=0.8, b2=0.95, eps=1e-3)
    theta = {name: jnp.asarray(array) for name, array in theta.items()}
    memory = rule.init(theta)
    for step in range(8):
        loss, slopes = jax.value_and_grad(lambda each: jnp.mean((field(each, jnp.asarray(X))[:, 0] - Y) ** 2))(theta)
        np.testing.assert_allclose(fit["fit.loss"].value[1, step], loss, rtol=1e-12)
        with jax.numpy_dtype_promotion("standard"):
            moves, memory = rule.update(slopes, memory)
        theta = optax.apply_updates(theta, moves)


def test_batches_go_through_the_data_once_in_an_epoch(tmp_path):
    """Without a step worth speaking of, the mean of the losses of batches over an epoch is the loss over the data."""
    fit = run(tmp_path, optimizer="{sgd: {lr: 1e-13}}", steps=10, more=", batch: 1")
    losses = fit["fit.loss"].value
    np.testing.assert_allclose(losses[:, :5].mean(axis=1), losses[:, -1], rtol=1e-10)
    np.testing.assert_allclose(losses[:, 5:10].mean(axis=1), losses[:, -1], rtol=1e-10)
    one = [np.argsort(np.argsort(row)) for row in (losses[0, :5], losses[0, 5:10])]
    assert not np.array_equal(*one)  # another order: equal by chance in 1 of 120
    theta, field = start(text(), 0)
    each = (np.asarray(field(theta, jnp.asarray(X)))[:, 0] - Y) ** 2
    np.testing.assert_allclose(np.sort(losses[0, :5]), np.sort(each), rtol=1e-9)


def shifted(a, b, c, by, optimizer):
    rate = 2 if optimizer == "sgd" else 1
    return [x + s for x, s in zip(a, by, strict=True)], [x - s for x, s in zip(b, by, strict=True)], [
        x - rate * s for x, s in zip(c, by, strict=True)]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_symmetry_of_exponents_leaves_training_alone(tmp_path, optimizer):
    """(a, b, c) -> (a + s, b - s, c - 2s), or c - s under Adam without eps: the same functions all along [yang2021]."""
    a, b, c = [0.0, 0.5, 0.5], [0.0, 0.0, 0.5], [0.0, 0.2, 0.4]
    rule = f"{{{optimizer}: {{lr: 0.05{', eps: 0' if optimizer == 'adam' else ''}}}}}"
    told = [
        run(tmp_path, optimizer=rule, bias="", parameterization=f"{{a: {x}, b: {y}, c: {z}}}")["fit.predictions"].value
        for x, y, z in ((a, b, c), shifted(a, b, c, (0.3, -0.2, 0.5), optimizer))
    ]
    assert np.ptp(told[0], axis=1).max() > 1e-3
    np.testing.assert_allclose(*told, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_mup_with_biases_is_the_mean_field_parameterization(tmp_path, optimizer):
    """Two gauges of one theory: this holds with biases because their rates follow the input layer."""
    rule = f"{{{optimizer}: {{lr: 0.01{', eps: 0' if optimizer == 'adam' else ''}}}}}"
    found = [
        run(tmp_path, optimizer=rule, parameterization=name)["fit.predictions"].value for name in ("mup", "mean_field")
    ]
    assert np.ptp(found[0], axis=1).max() > 1e-4
    np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-12)


FORMULA = """\
nnspec: 1
name: linear
data:
  X: [[1.0, 0.0], [0.3, 0.8], [-0.6, 0.5]]
  toy: table(X, x[1] - 2*x[2])
model:
  inputs: {x: R^2}
  params: {w in R^2: "Normal(0, 1)"}
  field: phi(x)
  def: w.x
observables:
  fit: {train: {data: toy, optimizer: {sgd: {lr: 0.3}}, steps: 20, record: {at: X, every: 20}, draws: 2}}
"""


def test_a_linear_formula_is_a_recursion_of_matrices(tmp_path):
    fit = nnspec.loads(FORMULA).run(tmp_path, plots=False)["fit.predictions"].value
    x = X[:3]
    y = x[:, 0] - 2 * x[:, 1]
    step = np.eye(3) - 2 * 0.3 / 3 * x @ x.T
    for draw in range(2):
        f = fit[draw, 0]
        for _ in range(20):
            f = y + step @ (f - y)
        np.testing.assert_allclose(fit[draw, 1], f, rtol=1e-11, atol=1e-13)


def test_the_tangent_kernel_along_a_linear_model_does_not_move(tmp_path):
    more = "  drift: {ntk: {at: X, along: fit, method: empirical}}\nchecks:\n  - relative_change(drift) < 1e-12\n"
    done = nnspec.loads(FORMULA + more).run(tmp_path, plots=False)
    assert done.record.status == "done"
    np.testing.assert_allclose(done["drift"].value, np.stack([X[:3] @ X[:3].T] * 2), atol=1e-12)


def test_coordinates_are_those_of_the_layers(tmp_path):
    more = "  coords: {coordinate_check: {along: fit, steps: [0, 2], norm: rms}}\n"
    done = nnspec.loads(text() + more).run(tmp_path, plots=False)
    sums, outputs = np.zeros((2, 2)), np.zeros(2)
    for draw in range(3):
        theta, _ = start(text(), draw)
        first = forward(theta, X)
        for _ in range(2):
            slopes = gradient(theta, X, Y)
            theta = {name: theta[name] - 0.1 * slopes[name] for name in theta}
        last = forward(theta, X)
        sums += [[np.mean(last[k] ** 2), np.mean((last[k] - first[k]) ** 2)] for k in (0, 1)]
        outputs += np.mean(last[2] ** 2), np.mean((last[2] - first[2]) ** 2)
    # values are corrected for the bias of the root by the jackknife; with three networks this is what it gives roughly
    np.testing.assert_allclose(done["coords.size"].value[1], np.sqrt(sums[:, 0] / 3), rtol=0.05)
    np.testing.assert_allclose(done["coords.change"].value[1], np.sqrt(sums[:, 1] / 3), rtol=0.2)
    np.testing.assert_allclose(done["coords.output_size"].value[1], np.sqrt(outputs[0] / 3), rtol=0.2)
    assert np.all(done["coords.change"].value[0] == 0)


# ---------------------------------------------------------------- what goes wrong
def test_a_diverged_network_has_an_infinite_loss_and_says_when(tmp_path):
    wild = text(optimizer="{sgd: {lr: 1e200}}").replace(", record: {at: at, every: 1}", "")
    done = nnspec.loads(wild).run(tmp_path, plots=False)
    assert np.isposinf(done["fit.final_loss"].value)
    warning = done["fit.final_loss"].warnings[0]
    assert "draw 1 at step" in warning
    assert "smaller learning rate" in warning
    assert np.all(np.isfinite(done["fit.loss"].value[:, 0]))
    assert np.all(np.isposinf(done["fit.loss"].value[:, -1]))


def test_predictions_of_a_diverged_network_are_refused(tmp_path):
    with pytest.raises(ComputingError) as caught:
        run(tmp_path, optimizer="{sgd: {lr: 1e200}}")
    assert caught.value.diagnostic.code == "NN704"
    assert "diverged" in caught.value.diagnostic.notes[0]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"more": ", batch: 9"}, "NN604", "9 of 5 points"),
        ({"steps": 0}, "NN315", ""),
        ({"optimizer": "{sgd: {lr: -1}}"}, "NN604", "positive"),
        ({"optimizer": "{sgd: {lr: 1, momentum: 1}}"}, "NN604", "momentum"),
    ],
)
def test_what_is_refused(options, code, said):
    with pytest.raises(SpecError) as caught:
        loads(text(**options)).check()
    found = caught.value.diagnostics[0]
    assert found.code == code
    assert said in f"{found.message} {found.label}"


def test_two_outputs_are_refused():
    with pytest.raises(SpecError) as caught:
        loads(text().replace("width: 1", "width: 2")).check()
    assert "2 outputs" in str([each for each in caught.value.diagnostics])


def test_steps_behind_the_last_are_refused(tmp_path):
    more = "  coords: {coordinate_check: {along: fit, steps: [0, 99]}}\n"
    with pytest.raises(ComputingError, match="could not be computed") as caught:
        nnspec.loads(text() + more).run(tmp_path, plots=False)
    assert "step 99" in caught.value.diagnostic.notes[0]
