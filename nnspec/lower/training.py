r"""Training of the networks of a measure: \theta_0 of draw k is the network that everything else knows as draw k.

Of mirrored networks the draws 2k and 2k + 1 are network k and the one whose amplitudes have the opposite sign.

A run of training is cut into strides between the steps at which something is read. Everything that is a number and no
size is traced: rates, data, seeds; one program serves all strides of all points of a sweep that differ in those alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nnspec.ir import expr as ir
from nnspec.ir.digest import digest
from nnspec.ir.experiment import Experiment, Numerics
from nnspec.ir.walk import walk
from nnspec.lower.ensemble import Reader
from nnspec.lower.field import environment
from nnspec.lower.stack import StackParam, resolve_stack
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp, lax
from nnspec.plugin.vocabulary import Vocabulary

Theta = Mapping[str, Any]
Given = Mapping[str, Any]
"""The traced numbers of a run: `constants`, `root` key, `points` [point, in], `labels` [point], `numbers` of the optimizer."""
TOGETHER = 2**15
"""Parameters of the networks that are trained side by side; larger ones are trained one after the other."""


@dataclass(frozen=True)
class Recipe:
    """How networks are trained, besides traced numbers; `momentum` is whether there is any.

    `mirrored` are the amplitudes that change sign from one draw of a pair to the other; without any there are no pairs.
    """

    optimizer: str
    loss: str
    batch: int | None
    steps: int
    points: int
    momentum: bool
    mirrored: tuple[str, ...] = ()

    @property
    def per_epoch(self) -> int:
        """Steps in which the data are gone through once; what is left of them then waits for another order."""
        return self.points // (self.batch or self.points)


def rates(experiment: Experiment, words: Vocabulary, optimizer: str) -> dict[str, float]:
    r"""The factor n^{-c} of the learning rate, by the names of parameters; for models given by formulas there is none.

    Biases are input weights of an input that is 1 [yang2022]: what the parameterization writes as b = n^{-a} \beta with
    the rate n^{-c} is trained in b itself, with n^{-c - 2a} for gradient descent and n^{-c - a} for Adam, which sees signs
    alone. n is the width of the layer that the bias belongs to, and 1 for the readout.
    """
    model = experiment.model
    if model.stack is None:
        return {}
    record = words.parameterizations[model.stack.parameterization]
    options = dict(model.stack.parameterization_options)
    found: dict[str, float] = {}
    for step in resolve_stack(model, words):
        for each in step.params:
            if each.param.part == "weight":
                n = step.width if each.role == "input" else step.fan_in
                found[each.key] = float(n) ** -record.exponents(each.role, optimizer, **options).c
            else:
                found[each.key] = _bias(each, step.width, record.exponents("input", optimizer, **options), optimizer)
    return found


def _bias(bias: StackParam, width: int, like: Any, optimizer: str) -> float:
    n = 1.0 if bias.role == "readout" else float(width)
    return float(n ** -(like.c + (1 if optimizer == "adam" else 2) * like.a))


@dataclass(frozen=True)
class Trainer:
    """Compiled functions of [draw]: the start, strides of training, the loss over all of the data, and readings."""

    recipe: Recipe
    experiment: Experiment
    words: Vocabulary
    rates: Mapping[str, float]
    together: int
    """Networks that are trained side by side."""

    @staticmethod
    def of(experiment: Experiment, words: Vocabulary, recipe: Recipe, parameters: int) -> Trainer:
        """The trainer of an experiment's model."""
        together = max(1, TOGETHER // max(1, parameters))
        return Trainer(recipe, experiment, words, rates(experiment, words, recipe.optimizer), together)

    @property
    def name(self) -> str:
        """All that these functions depend on besides their arguments."""
        e = self.experiment
        used = {node.name for node in walk(e.model) if isinstance(node, ir.Const)}  # others only made sizes and options
        constants = tuple(c if c.static else replace(c, value=0) for c in e.constants if c.name in used)
        rest = replace(e, name="", constants=constants, checks=(), data=(), observables=(), sweep=None, numerics=Numerics())
        return f"training {digest(rest)} {self.recipe}"

    def reader(self, given: Given, which: Any = None) -> Reader:
        """Networks of the measure, in float64."""
        return Reader.of(self.experiment, environment(self.experiment, self.words, given["constants"], jnp.float64), which)

    def network(self, index: Any, given: Given) -> Theta:
        """The parameters of draw number `index` before training."""
        root = streams.stream(given["root"], "measure/model")
        if not self.recipe.mirrored:
            return self.reader(given).draw(streams.draw_key(root, index))
        theta = self.reader(given).draw(streams.draw_key(root, index // 2))
        opposite = {name: jnp.where(index % 2 == 1, -theta[name], theta[name]) for name in self.recipe.mirrored}
        return {**theta, **opposite}

    # ------------------------------------------------------------ functions of draws
    def start(self) -> Callable[[Any, Given], Any]:
        """(index [draw], given) -> (theta, memory of the optimizer), each [draw, ...]."""

        def one(index: Any, given: Given) -> Any:
            theta = self.network(index, given)
            return theta, self._rule(given).init(theta)

        return self._each(one)

    def orders(self) -> Callable[[Any, Given], Any]:
        """(index [draw], given) -> the key of each network's orders of the data, [draw]."""

        def one(index: Any, given: Given) -> Any:
            return streams.draw_key(streams.stream(given["root"], "training/order"), index)

        return jax.jit(lambda indices, given: jax.vmap(lambda index: one(index, given))(indices))  # type: ignore[no-any-return]

    def advance(self) -> Callable[[Any, Given], Any]:
        """((state, key of `orders`) [draw], given with `first` and `last`) -> (state, loss [draw, step]), zero elsewhere."""

        def one(carried: Any, given: Given) -> Any:
            (theta, memory), key = carried
            losses = jnp.zeros(self.recipe.steps, jnp.float64)
            order = self._order(key, given["first"] // self.recipe.per_epoch)
            body = self._step(key, given)
            theta, memory, _, losses = lax.fori_loop(given["first"], given["last"], body, (theta, memory, order, losses))
            return (theta, memory), losses

        return self._each(one)

    def loss(self) -> Callable[[Any, Given], Any]:
        """(theta [draw], given with `points` and `labels`) -> the loss over all of these, [draw]."""

        def one(theta: Theta, given: Given) -> Any:
            return self._loss(self.reader(given), theta, given["points"], given["labels"])

        return self._each(one)

    def read(self, of: Callable[[Reader, Theta, Theta, Given], Any], which: Any = None) -> Callable[[Any, Given], Any]:
        """((theta, theta at the start) [draw], given) -> `of(reader, theta, theta at the start, given)`, one by one."""

        def one(carried: Any, given: Given) -> Any:
            theta, start = carried
            return of(self.reader(given, which), theta, start, given)

        return self._each(one, together=1)

    def _each(self, one: Callable[[Any, Given], Any], together: int | None = None) -> Callable[[Any, Given], Any]:
        size = together or self.together

        def all_of_them(draws: Any, given: Given) -> Any:
            count = jax.tree.leaves(draws)[0].shape[0]
            if 1 < count <= size:
                return jax.vmap(lambda draw: one(draw, given))(draws)
            if count == 1:  # a loop of one turn costs copies
                alone = one(jax.tree.map(lambda x: x[0], draws), given)
                return jax.tree.map(lambda x: x[None], alone)
            return lax.map(lambda draw: one(draw, given), draws, batch_size=size if size > 1 else None)

        return jax.jit(all_of_them)  # type: ignore[no-any-return]

    # ------------------------------------------------------------ one step
    def _step(self, key: Any, given: Given) -> Callable[[Any, Any], Any]:
        reader, rule, batch = self.reader(given), self._rule(given), self.recipe.batch
        points, labels = given["points"], given["labels"]

        def body(t: Any, carry: Any) -> Any:
            theta, memory, order, losses = carry
            x, y = points, labels
            if batch is not None:
                place = t % self.recipe.per_epoch
                order = lax.cond(place == 0, lambda: self._order(key, t // self.recipe.per_epoch), lambda: order)
                chosen = lax.dynamic_slice(order, (place * batch,), (batch,))
                x, y = points[chosen], labels[chosen]
            value, gradient = jax.value_and_grad(lambda each: self._loss(reader, each, x, y))(theta)
            with jax.numpy_dtype_promotion("standard"):  # the count of steps is of 32 bits
                moves, memory = rule.update(gradient, memory)
            lr = given["numbers"]["lr"]
            theta = {name: array - lr * self.rates.get(name, 1.0) * moves[name] for name, array in theta.items()}
            return theta, memory, order, losses.at[t].set(value)

        return body

    def _loss(self, reader: Reader, theta: Theta, x: Any, y: Any) -> Any:
        f = reader.field(theta, x)[:, 0]
        return jnp.mean((f - y) ** 2) if self.recipe.loss == "mse" else -jnp.mean(f * y)

    def _rule(self, given: Given) -> Any:
        """What an optimizer makes of a gradient, before the learning rate and its sign."""
        import optax

        numbers = given["numbers"]
        if self.recipe.optimizer == "adam":
            return optax.scale_by_adam(b1=numbers["b1"], b2=numbers["b2"], eps=numbers["eps"])
        return optax.trace(decay=numbers["momentum"]) if self.recipe.momentum else optax.identity()

    def _order(self, key: Any, epoch: Any) -> Any:
        """The order of the data in an epoch, which each network has for itself: [point]."""
        if self.recipe.batch is None:
            return jnp.zeros(0, jnp.int64)
        return jnp.argsort(jax.random.bits(streams.draw_key(key, epoch), (self.recipe.points,), jnp.uint64))


def recorded(steps: int, every: int) -> tuple[int, ...]:
    """Steps at which a process is read: 0, every, 2 every, ..., and the last one."""
    found = range(0, steps + 1, every)
    return tuple(found) if found[-1] == steps else (*found, steps)
