"""The program of a training: its shards one after the other, and what becomes of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from nnspec.lower.field import parameter_count, traced_constants
from nnspec.lower.points import points_at
from nnspec.lower.streaming import told
from nnspec.lower.training import Recipe, Trainer
from nnspec.numerics import moments, streams
from nnspec.plugin import Ask, Estimator, Offer, Program, Question, Resources, jax, jnp, np
from nnspec.plugin.records import Statistics
from nnspec.result.estimate import Estimate

Shard = tuple[tuple[int, int], tuple[int, int]]
"""First draw and the one behind the last; the step before the segment and its last."""
MOST_BLOCKS = 64
TEST, WHOLE = "test", "whole"


@dataclass(frozen=True)
class Measured:
    """Something that is read at some steps: its name among the statistics, a function of draws, its points."""

    name: str
    steps: frozenset[int]
    program: str
    build: Callable[[], Any]
    points: Any
    labels: Any = None
    loss: bool = False


@dataclass(frozen=True)
class Run:
    """A training with its numbers."""

    trainer: Trainer
    shards: tuple[Shard, ...]
    measured: tuple[Measured, ...]
    given: Mapping[str, Any]
    programs: Any

    def call(self, name: str, build: Callable[[], Any]) -> Any:
        """A compiled function, shared by the points of a sweep."""
        key = f"{self.trainer.name}\n{name}"
        if key not in self.programs:
            self.programs[key] = build()
        return self.programs[key]

    def compute(self, shard: Shard, before: Statistics | None) -> Statistics:
        """Train the draws of a shard over its steps, and read what is read on the way."""
        (low, high), (first, last) = shard
        index = jnp.arange(low, high)
        state = self.call("start", self.trainer.start)(index, self.given)
        begin = state[0]
        if before is not None:
            leaves, tree = jax.tree.flatten(state)
            saved = [jnp.asarray(before[f"state/{k}"]).astype(leaf.dtype) for k, leaf in enumerate(leaves)]
            state = jax.tree.unflatten(tree, saved)
        stops = sorted({last} | {s for each in self.measured for s in each.steps if first < s <= last or s == first == 0})
        found: dict[str, list[Any]] = {}
        losses = np.zeros((high - low, last - first))
        orders = self.call("orders", self.trainer.orders)(index, self.given)
        at = first
        for stop in stops:
            if stop > at:
                args = {**self.given, "first": jnp.asarray(at), "last": jnp.asarray(stop)}
                state, some = self.call("advance", self.trainer.advance)((state, orders), args)
                losses[:, at - first : stop - first] = np.asarray(some)[:, at:stop]
                at = stop
            self._read(state[0], begin, stop, found)
        kept = {name: np.stack(arrays, axis=1) for name, arrays in found.items()}
        if last < self.trainer.recipe.steps:
            kept |= {f"state/{k}": np.asarray(leaf) for k, leaf in enumerate(jax.tree.leaves(state))}
        return {**kept, "loss": losses}

    def _read(self, theta: Any, begin: Any, step: int, found: dict[str, list[Any]]) -> None:
        for each in self.measured:
            if step in each.steps:
                given = {**self.given, "points": each.points, "labels": each.labels}
                value = self.call(each.program, each.build)(theta if each.loss else (theta, begin), given)
                for name, array in (value if isinstance(value, dict) else {"": value}).items():
                    found.setdefault(f"{each.name}/{name}" if name else each.name, []).append(np.asarray(array))


def run_program(
    questions: Sequence[Question], offers: Sequence[Offer], resources: Resources, recipe: Recipe,
    shards: tuple[Shard, ...], steps: tuple[int, ...],
) -> Program:  # fmt: skip
    """The shards, and estimates for each question of a group."""
    experiment, words = questions[0].experiment, questions[0].words
    sizes = {index.name: index.size for index in experiment.model.indices}
    trainer = Trainer.of(experiment, words, recipe, parameter_count(experiment.model, words, sizes))
    process = next(_process(question, ask) for question, ask in zip(questions, resources.asks, strict=True))
    table = process["data"]
    given = {
        "constants": traced_constants(experiment), "root": streams.root_key(experiment.numerics.seed),
        "points": jnp.asarray(table.points), "labels": jnp.asarray(table.labels),
        "numbers": {name: jnp.asarray(float(value)) for name, value in process["optimizer"][1]},
    }  # fmt: skip
    measured = [_loss(WHOLE, table, recipe, trainer)]
    if "test" in process:
        measured.append(_loss(TEST, process["test"], recipe, trainer))
    for question, ask in zip(questions, resources.asks, strict=True):
        measured += _readings(question, ask, trainer, steps)
    run = Run(trainer, shards, tuple(measured), given, resources.programs)
    later = [k for k, (_, (first, _last)) in enumerate(shards) if first > 0]

    def compute(indices: Sequence[int], before: Sequence[Statistics | None]) -> list[Statistics]:
        return [run.compute(shards[k], earlier) for k, earlier in zip(indices, before, strict=True)]

    def finish(statistics: Sequence[Statistics]) -> list[Estimate]:
        whole = Finished.of(shards, statistics, recipe, process)
        found: list[Estimate] = []
        for question, accepted, ask in zip(questions, offers, resources.asks, strict=True):
            if isinstance(question.record.kind, Estimator):
                found += _along(question, accepted, ask, whole, steps)
            else:
                found += _training(question, accepted, ask, whole, steps)
        return found

    return Program(
        shards=len(shards), compute=compute, finish=finish, after=lambda k: k - 1 if k in later else None,
        draws=tuple(high - low if last == recipe.steps else 0 for (low, high), (_, last) in shards),
    )  # fmt: skip


def _process(question: Question, ask: Ask) -> Ask:
    """The request of the training that a question is about."""
    along: Ask = ask["along"] if isinstance(question.record.kind, Estimator) else ask
    return along


def _loss(name: str, table: Any, recipe: Recipe, trainer: Trainer) -> Measured:
    points, labels = jnp.asarray(table.points), jnp.asarray(table.labels)
    return Measured(name, frozenset({recipe.steps}), "loss", trainer.loss, points, labels, loss=True)


def _readings(question: Question, ask: Ask, trainer: Trainer, steps: tuple[int, ...]) -> list[Measured]:
    """What a question reads along the way."""
    kind, name = question.record.kind, question.asked.name
    if not isinstance(kind, Estimator):
        if "record" not in ask:
            return []
        record = Ask(name=name, dim=ask.dim, options=dict(ask["record"]))

        def predictions(reader: Any, theta: Any, start: Any, given: Any) -> Any:  # noqa: ARG001
            return reader.field(theta, given["points"])[:, 0]

        build = partial(trainer.read, predictions)
        return [Measured(f"{name}/predictions", frozenset(steps), "predictions", build, jnp.asarray(points_at(record)))]

    def contribution(reader: Any, theta: Any, start: Any, given: Any) -> Any:
        read = kind.moments(ask, **reader.read(kind, theta, given["points"], start))
        return {key: _plain(moment).astype(jnp.float64) for key, moment in read.items()}

    options = {key: value for key, value in ask.options.items() if key != "along"}
    which = question.asked.option("field")
    program = f"{question.asked.word} {which} {told(options)}"
    own = frozenset(own_steps(kind, ask, steps))
    return [Measured(name, own, program, partial(trainer.read, contribution, which), jnp.asarray(kind.points(ask)))]


def _plain(moment: Any) -> Any:
    """A moment as an array: of one network an outer product is no dearer written out."""
    return moment.left[:, None] * moment.right[None, :] if hasattr(moment, "left") else jnp.asarray(moment)


def own_steps(kind: Estimator, ask: Ask, steps: tuple[int, ...]) -> tuple[int, ...]:
    """The steps at which an estimator is read: its own, or those of the process."""
    own = kind.steps(ask)
    if own is None:
        return steps
    wrong = [step for step in own if step != int(step) or not 0 <= step <= steps[-1]]
    if wrong:
        message = f"`{ask.name}` is to be read at step {wrong[0]:g}; the training has the steps 0 to {steps[-1]}"
        raise ArithmeticError(message)
    return tuple(sorted({int(step) for step in own}))


# ---------------------------------------------------------------- results
@dataclass(frozen=True)
class Finished:
    """Statistics of all shards by name, [draw, ...], and the step at which each network diverged (-1: it did not)."""

    arrays: Mapping[str, Any]
    diverged: Any
    process: Ask
    pairs: bool

    @staticmethod
    def of(shards: Sequence[Shard], statistics: Sequence[Statistics], recipe: Recipe, process: Ask) -> Finished:
        """Segments one behind the other, chunks one below the other."""
        rows: dict[str, dict[int, list[Any]]] = {}
        for ((low, _), _), each in zip(shards, statistics, strict=True):
            for name, array in each.items():
                if not name.startswith("state/"):
                    rows.setdefault(name, {}).setdefault(low, []).append(array)
        arrays = {
            name: np.concatenate([np.concatenate(parts, axis=1) for _, parts in sorted(by_chunk.items())])
            for name, by_chunk in rows.items()
        }
        losses = np.concatenate([arrays["loss"], arrays[WHOLE]], axis=1)  # [draw, step 0 .. steps]
        bad = ~np.isfinite(losses)
        diverged = np.where(bad.any(axis=1), bad.argmax(axis=1), -1)
        after = (np.arange(recipe.steps + 1)[None, :] >= diverged[:, None]) & (diverged[:, None] >= 0)
        return Finished({**arrays, "loss": np.where(after, np.inf, losses)}, diverged, process, bool(recipe.mirrored))

    def independent(self, array: Any) -> Any:
        """What is independent of one another: [draw, ...], or means over the pairs of mirror images, [pair, ...]."""
        if not self.pairs:
            return array
        with np.errstate(invalid="ignore"):
            return (array[0::2] + array[1::2]) / 2

    @property
    def said(self) -> str:
        """Which networks diverged and when; empty when none did."""
        places = np.flatnonzero(self.diverged >= 0)
        if not places.size:
            return ""
        first = min(places, key=lambda k: self.diverged[k])
        rate = dict(self.process["optimizer"][1])["lr"]
        return (f"training diverged: {places.size} of {self.diverged.size} networks, draw {first + 1} at step "
                f"{self.diverged[first]}; take a smaller learning rate than {rate:g}")  # fmt: skip

    def finite(self, name: str, of: str) -> Any:
        """What was read.

        Raises:
            ArithmeticError: where it is not finite.
        """
        array = self.arrays[name]
        if not np.all(np.isfinite(array)):
            message = f"`{of}` has no value: {self.said or 'a network is not finite where it is read'}"
            raise ArithmeticError(message)
        return array


def _training(question: Question, accepted: Offer, ask: Ask, whole: Finished, steps: tuple[int, ...]) -> list[Estimate]:
    """The parts of a training: losses, predictions, losses in the end."""
    losses = whole.arrays["loss"]
    draws, last = losses.shape[0], losses.shape[1] - 1
    number = {"draw": np.arange(1.0, draws + 1)}
    make = partial(_estimate, question, accepted, draws)
    loss = make("loss", losses, coords={**number, "step": np.arange(last + 1.0)}, whole=whole)
    found = [loss, _mean(make, "final_loss", losses[:, -1], whole)]
    if "test" in ask:
        test = np.where(whole.diverged >= 0, np.inf, whole.arrays[TEST][:, 0])
        found.append(_mean(make, "final_test_loss", test, whole))
    if "record" in ask:
        read = whole.finite(f"{question.asked.name}/predictions", f"{question.asked.name}.predictions")
        found.append(make("predictions", read, coords={**number, "step": np.asarray(steps, float)}))
    return found


def _mean(make: Any, part: str, values: Any, whole: Finished) -> Estimate:
    """The mean over networks with its error, where there are several."""
    values = whole.independent(values)
    with np.errstate(all="ignore"):
        mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(values.size) if values.size > 1 else None
    if error is not None and not np.isfinite(mean):
        error = np.inf
    estimate: Estimate = make(part, mean, stderr=error, whole=whole, diagnostics={"blocks": int(values.size)})
    return estimate


def _estimate(
    question: Question, accepted: Offer, draws: int, part: str, value: Any, *, coords: Mapping[str, Any] | None = None,
    stderr: Any = None, whole: Finished | None = None, diagnostics: Mapping[str, Any] | None = None, replicates: Any = None,
) -> Estimate:  # fmt: skip
    asked, record = question.asked, question.record
    parts = record.parts(dict(asked.options))
    said = whole.said if whole is not None else ""
    return Estimate(
        name=f"{asked.name}.{part}" if part else asked.name, word=asked.word, method=accepted.method,
        value=np.asarray(value, np.float64), dims=parts[part] if part else asked.dims, coords=coords or {},
        stderr=None if stderr is None else np.asarray(stderr, np.float64), draws=draws, blocks=replicates,
        unbounded=bool(said), warnings=(said,) if said else (), diagnostics=diagnostics or {}, equation=record.equation,
        cite=accepted.cite, backend=accepted.backend,
    )  # fmt: skip


def _along(question: Question, accepted: Offer, ask: Ask, whole: Finished, steps: tuple[int, ...]) -> list[Estimate]:
    """An estimator at each of its steps, with errors from the networks."""
    kind, name, record = question.record.kind, question.asked.name, question.record
    assert isinstance(kind, Estimator)
    own = own_steps(kind, ask, steps)
    own_keys = [key for key in whole.arrays if key.startswith(f"{name}/")]
    draws = whole.arrays[own_keys[0]].shape[0]
    means = {key[len(name) + 1 :]: whole.independent(whole.finite(key, name)) for key in own_keys}
    blocks = next(iter(means.values())).shape[0]

    def finish(each: Mapping[str, Any]) -> dict[str, Any]:
        found = [kind.finish(ask, {key: m[k] for key, m in each.items()}) for k in range(len(own))]
        parts = [each if isinstance(each, Mapping) else {"": each} for each in found]
        return {part: np.stack([np.asarray(each[part], np.float64) for each in parts]) for part in parts[0]}

    value, error, replicates = _jackknife(means, blocks, finish)
    coords = {"step": np.asarray(own, float), **_coords(question, record.coords(ask))}
    make = partial(_estimate, question, accepted, draws)
    return [
        make(part, value[part], coords=coords, stderr=None if error is None else error[part],
             replicates=None if replicates is None else replicates[part],
             diagnostics={"blocks": min(blocks, MOST_BLOCKS)} if blocks > 1 else {})
        for part in value
    ]  # fmt: skip


def _coords(question: Question, own: Mapping[str, Any]) -> dict[str, Any]:
    """Coordinates of an estimator by the names of its dimensions behind `step`."""
    return dict(zip(question.asked.dims[1:], own.values(), strict=False)) if question.asked.dims else dict(own)


def _jackknife(means: Mapping[str, Any], draws: int, finish: Any) -> tuple[Any, Any, Any]:
    """Value, error and leave-one-out values of a function of means; a single network has no error."""
    if draws == 1:
        return finish({key: m[0] for key, m in means.items()}), None, None
    if draws >= moments.MIN_BLOCKS:
        blocks, sizes = moments.block_means(dict(means), min(draws, MOST_BLOCKS))
        return tuple(moments.jackknife(blocks, sizes, finish))
    full = finish({key: np.mean(m, axis=0) for key, m in means.items()})
    left = [finish({key: np.mean(np.delete(m, k, axis=0), axis=0) for key, m in means.items()}) for k in range(draws)]
    rest = {part: np.stack([each[part] for each in left]) for part in full}
    middle = {part: np.mean(each, axis=0) for part, each in rest.items()}
    value = {part: draws * full[part] - (draws - 1) * middle[part] for part in full}
    error = {part: np.sqrt((draws - 1) * np.mean((each - middle[part]) ** 2, axis=0)) for part, each in rest.items()}
    return value, error, rest
