"""One pass of chains over a measure for everything that is asked about their draws: segment after segment.

Chains are cut into groups that move and are tuned together; a device has whole groups, so that numbers do not depend on
how many devices there are. A segment is cut into bins: of each bin the sums of moments are kept for every chain, and the
moments of one draw, which tell how much single draws spread. Everything is float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nnspec.lower.affine import at_fixed_points
from nnspec.lower.coordinates import Coordinates, moved_only
from nnspec.lower.deformation import Grid
from nnspec.lower.ensemble import Measure, Reader
from nnspec.lower.field import environment
from nnspec.lower.identities import Identities
from nnspec.lower.streaming import Reading
from nnspec.numerics import streams
from nnspec.numerics.lazy import jax, jnp, lax, np
from nnspec.plugin.records import Question

if TYPE_CHECKING:
    from nnspec.plugin.vocabulary import Vocabulary

State = Mapping[str, Any]
SEGMENTS = (16, 32)
"""Least and most segments of a chain."""
BINS = 1024
"""Bins of all chains together, and at most a quarter of that for one chain."""
FEWEST_BINS = 16
WIDEST_GROUP = 32
SINGLES = 4096
"""Moments larger than this are kept as sums alone."""
CONTROLS = "=controls"
"""Where the identities of steps are kept that are read every so many of them: no name of an observable begins so."""
SERIES = 1 << 23
"""Numbers of the series of coordinates that are kept; of more coordinates some are left out."""


@dataclass(frozen=True)
class Segments:
    """How chains are cut: `segments` of `bins` of `length` steps each."""

    chains: int
    segments: int
    bins: int
    length: int

    @staticmethod
    def of(chains: int, draws: int) -> Segments:
        """As many steps as asked for, or a few more so that all bins have the same length."""
        wanted = max(FEWEST_BINS, min(BINS // 4, BINS // chains, draws))
        found: list[Segments] = []
        for segments in range(SEGMENTS[1], SEGMENTS[0] - 1, -1):
            bins = max(1, wanted // segments)
            found.append(Segments(chains, segments, bins, -(-draws // (segments * bins))))
        return min(found, key=lambda each: each.steps)

    @property
    def steps(self) -> int:
        """Steps of each chain."""
        return self.segments * self.bins * self.length

    @property
    def draws(self) -> int:
        """Draws of all chains."""
        return self.chains * self.steps

    @property
    def groups(self) -> int:
        """Groups of chains that move together."""
        if self.chains % WIDEST_GROUP == 0 and self.chains > WIDEST_GROUP:
            return self.chains // WIDEST_GROUP
        return 2 if self.chains % 2 == 0 else 1

    @property
    def abreast(self) -> int:
        """Chains of a group."""
        return self.chains // self.groups

    def kept(self, dim: int) -> Any:
        """The coordinates whose series are kept."""
        most = max(1, SERIES // self.draws)
        return np.arange(dim) if dim <= most else np.unique(np.linspace(0, dim - 1, most).astype(int))


@dataclass(frozen=True)
class Moving:
    """Compiled chains.

    `begin(constants)` gives a warm state, `segment(state, number, constants)` the next one and what it leaves; leaves of
    the state are [group, ...], of statistics [chain, ...].
    """

    begin: Any
    segment: Any


def move(
    question: Question, asked: Sequence[Reading], strides: Sequence[int], cut: Segments, grid: Grid | None, devices: int, *,
    identities: Identities | None = None,
) -> Moving:  # fmt: skip
    """The chains of the sampler of an experiment, read by everything in `asked`, every `strides` steps.

    With `identities` their means over the bins are kept too, for each of the strides.
    """
    experiment, words = question.experiment, cast("Vocabulary", question.words)
    start, warm, step = _ways(words.samplers[sampler_of(question)])
    root = streams.stream(streams.root_key(experiment.numerics.seed), "measure/chains")

    def measure(constants: Any) -> tuple[Measure, Any]:
        env = environment(experiment, words, constants, jnp.dtype("float64"))
        return Measure.of(experiment, env, grid), env

    def begin(number: Any, constants: Any) -> State:
        law, _ = measure(constants)
        own = streams.draw_key(root, number)
        first = streams.stream(own, "start")
        state = start(law, jax.vmap(lambda chain: streams.draw_key(first, chain))(jnp.arange(cut.abreast)))
        return dict(warm(law, state, streams.stream(own, "warm")))

    def segment(number: Any, state: State, which: Any, constants: Any) -> tuple[State, dict[str, Any]]:
        law, env = measure(constants)
        coordinates = Coordinates.of(experiment.model, env)
        kept = jnp.asarray(cut.kept(coordinates.dim))
        reads = _Reads(question, asked, env, cut)
        keys = streams.stream(streams.draw_key(root, number), "steps")

        def one(carry: Any, at: Any) -> tuple[Any, dict[str, Any]]:
            state, sums, singles, virial, controls = carry
            place, within = at
            state, draw, told = step(law, state, streams.draw_key(keys, place))
            sums, singles = reads.add(sums, singles, draw.theta, within, strides)
            u, gradient = state["position"], state["gradient"]
            if identities is not None:
                controls = _followed(controls, identities.values(u, gradient), within, cut.length)
            action = jax.vmap(lambda u: coordinates.log_prior(u)[1])(u) - state["log_density"]
            series = {**told, "log_density": state["log_density"], "action": action, "u": u[:, kept]}
            return (state, sums, singles, virial + _virial(u, gradient), controls), series

        def bin_(state: State, number: Any) -> tuple[State, Any]:
            steps = (number * cut.length + jnp.arange(cut.length), jnp.arange(cut.length))
            none = {} if identities is None else {
                key(f"{CONTROLS}/{stride}"): jnp.zeros((cut.abreast, identities.size))
                for stride in set(strides) for key in (str, _single)
            }  # fmt: skip
            zeros = (*reads.zeros(law), jnp.zeros((*state["position"].shape, 2)), none)
            (state, sums, singles, virial, controls), series = lax.scan(one, (state, *zeros), steps)
            return state, ({**sums, **singles, **controls, "+virial": virial / cut.length}, series)

        state, (bins, series) = lax.scan(bin_, dict(state), which * cut.bins + jnp.arange(cut.bins))
        series = {f"+{name}": x.reshape(-1, *x.shape[2:]) for name, x in series.items()}
        return state, {name: jnp.moveaxis(x, 0, 1) for name, x in (bins | series).items()}

    return _sharded(begin, segment, cut, devices)


def _ways(sampler: Any) -> tuple[Any, Any, Any]:
    assert sampler.start is not None
    assert sampler.warm is not None
    assert sampler.step is not None
    return sampler.start, sampler.warm, sampler.step


def _virial(u: Any, gradient: Any) -> Any:
    """What Schwinger and Dyson say of each coordinate and of it with the next one, [chain, coordinate, 2]."""
    return jnp.stack([-u * gradient, -jnp.roll(u, -1, axis=1) * gradient], axis=-1)


def sampler_of(question: Question) -> str:
    """The sampler of the spec; where none is named and independent draws do not do, the first that moves in chains."""
    experiment = question.experiment
    drawn = experiment.model.deform is None and moved_only(experiment.model) is None
    if drawn or experiment.sampler_span is not None:
        return experiment.sampler
    samplers = cast("Vocabulary", question.words).samplers
    return next((name for name, each in samplers.items() if each.step is not None), experiment.sampler)


class _Reads:
    """What every draw adds to the sums of moments, chain by chain."""

    def __init__(self, question: Question, asked: Sequence[Reading], env: Any, cut: Segments) -> None:
        self.asked, self.cut = asked, cut
        model = question.experiment.model
        self.fields = {
            each.place: at_fixed_points(model, env, jnp.asarray(each.points), each.which) for each in asked
        }
        self.readers = {each.place: Reader.of(question.experiment, env, each.which, independent=True) for each in asked}

    def moments(self, each: Reading, theta: Any) -> dict[str, Any]:
        """Moments of one draw by their names."""
        if each.plain:
            found = each.kind.moments(each.ask, f=self.fields[each.place](theta))
        else:
            read = self.readers[each.place].read(each.kind, theta, jnp.asarray(each.points))
            found = each.kind.moments(each.ask, **read)
        return {
            f"{each.name}/{name}": jnp.asarray(jnp.outer(x.left, x.right) if hasattr(x, "left") else x).astype(jnp.float64)
            for name, x in found.items()
        }

    def zeros(self, law: Measure) -> tuple[dict[str, Any], dict[str, Any]]:
        """Empty sums, and empty places for the moments of single draws."""
        sums: dict[str, Any] = {}
        assert law.theta is not None
        theta = jax.eval_shape(law.theta, jax.ShapeDtypeStruct((law.dim,), jnp.float64))
        for each in self.asked:
            for name, shape in jax.eval_shape(lambda theta, each=each: self.moments(each, theta), theta).items():
                sums[name] = jnp.zeros((self.cut.abreast, *shape.shape), jnp.float64)
        singles = {_single(name): x for name, x in sums.items() if x[0].size <= SINGLES}
        return sums, singles

    def add(self, sums: Any, singles: Any, theta: Any, within: Any, strides: Sequence[int]) -> tuple[Any, Any]:
        """The sums with one more step, for those that read it."""
        for each, stride in zip(self.asked, strides, strict=True):
            own = {name: sums[name] for name in sums if name.startswith(f"{each.name}/")}
            lone = {_single(name): singles[_single(name)] for name in own if _single(name) in singles}

            def read(own: Any, lone: Any, each: Reading = each) -> tuple[Any, Any]:
                found = jax.vmap(lambda one: self.moments(each, one))(theta)
                return {name: x + found[name] for name, x in own.items()}, {name: found[name[1:]] for name in lone}

            if stride == 1:
                own, lone = read(own, lone)
            else:
                own, lone = lax.cond(within % stride == stride - 1, read, lambda own, lone: (own, lone), own, lone)
            sums, singles = {**sums, **own}, {**singles, **lone}
        return sums, singles


def _followed(before: Any, found: Any, within: Any, length: int) -> dict[str, Any]:
    """Means of identities over the steps of a bin that are read, and those of the last one, after one more step."""
    after: dict[str, Any] = {}
    for name in (name for name in before if name.startswith(CONTROLS)):
        stride = int(name.rpartition("/")[2])
        read = within % stride == stride - 1
        after[name] = before[name] + jnp.where(read, found / (length // stride), 0.0)
        after[_single(name)] = jnp.where(read, found, before[_single(name)])
    return after


def _single(name: str) -> str:
    """Where the moments of single draws are kept: no name of an observable begins so."""
    return f"!{name}"


def _sharded(begin: Any, segment: Any, cut: Segments, devices: int) -> Moving:
    """Each device one group at a time, so that it runs the same program on however many devices there are."""
    count = max(n for n in range(1, cut.groups + 1) if cut.groups % n == 0 and n <= min(devices, len(jax.devices())))
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:count]), ("group",))
    split, whole = jax.sharding.PartitionSpec("group"), jax.sharding.PartitionSpec()

    def one_of(tree: Any) -> Any:
        return jax.tree.map(lambda x: x[0], tree)

    def begins(numbers: Any, constants: Any) -> Any:
        return jax.tree.map(lambda x: x[None], begin(numbers[0], constants))

    def segments(numbers: Any, state: Any, which: Any, constants: Any) -> Any:
        return jax.tree.map(lambda x: x[None], segment(numbers[0], one_of(state), which, constants))

    one = jax.jit(jax.shard_map(begins, mesh=mesh, in_specs=(split, whole), out_specs=split, check_vma=False))
    specs = (split, split, whole, whole)
    two = jax.jit(jax.shard_map(segments, mesh=mesh, in_specs=specs, out_specs=split, check_vma=False))
    turns = [np.arange(k, k + count) for k in range(0, cut.groups, count)]

    def joined(found: list[Any]) -> Any:
        return jax.tree.map(lambda *parts: np.concatenate(parts), *(jax.device_get(each) for each in found))

    def begin_all(constants: Any) -> Any:
        return joined([one(jnp.asarray(turn), constants) for turn in turns])

    def segment_all(state: State, which: Any, constants: Any) -> Any:
        own = ({name: x[turn] for name, x in state.items()} for turn in turns)
        return joined([two(jnp.asarray(turn), part, which, constants) for turn, part in zip(turns, own, strict=True)])

    return Moving(begin_all, segment_all)
