"""The records that plugins hand over: frozen, typed, and all that the core ever knows of a plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nnspec.document.fields import Field
from nnspec.plugin.readings import Array, Reading

if TYPE_CHECKING:
    from nnspec.ir.experiment import Experiment, LayerNode
    from nnspec.ir.experiment import Observable as Asked
    from nnspec.result.estimate import Estimate
    from nnspec.text.source import Span

Role = Literal["input", "hidden", "readout"]
Args = Mapping[str, Any]


class Vocabulary(Protocol):
    """All words by kind, as records see them; `nnspec.plugin.vocabulary` has the real one."""

    @property
    def activations(self) -> Mapping[str, Activation]:
        """Activations by name and alias."""
        ...

    @property
    def densities(self) -> Mapping[str, Density]:
        """Densities by name."""
        ...

    @property
    def layers(self) -> Mapping[str, Layer]:
        """Layers by name."""
        ...

    @property
    def parameterizations(self) -> Mapping[str, Parameterization]:
        """Parameterizations by name."""
        ...

    @property
    def samplers(self) -> Mapping[str, Sampler]:
        """Samplers by name."""
        ...

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules."""
        ...


# ---------------------------------------------------------------- words of a model
@dataclass(frozen=True, kw_only=True)
class Activation:
    """phi on scalars; where it is known also its dual.

    `dual(q11, q12, q22)` is E phi(u) phi(v) and `dual_prime` E phi'(u) phi'(v) for (u, v) ~ N(0, [[q11, q12], [q12, q22]]);
    both are exact and finite at q12^2 = q11 q22. `parameters` are options with defaults, handed to all three by name.
    """

    name: str
    equation: str
    apply: Callable[..., Array]
    dual: Callable[..., Array] | None = None
    dual_prime: Callable[..., Array] | None = None
    parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    parity: Literal["odd", "even", "none"] = "none"
    degree: float | None = None
    """phi(c u) = c^degree phi(u) for c > 0, where that holds."""
    kinks: tuple[float, ...] = ()
    """Where phi or its derivative jumps."""
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """An argument of a density, a data generator or an activation, by position or by name."""

    name: str
    type: Literal["real", "int", "domain", "vec", "text"] = "real"
    doc: str = ""
    default: float | int | str | None = None
    positive: bool = False
    also: tuple[tuple[str, int], ...] = ()
    """Other names with a power: (("std", 2),) means that `std=s` gives s^2."""


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One way to call a density: its arguments, and the event it is a density on."""

    parameters: tuple[Parameter, ...]
    event: Literal["real", "domain"] = "real"
    """`domain`: the event lives in the domain given as the first argument."""


@dataclass(frozen=True, kw_only=True)
class Transform:
    """A smooth map from R^n onto the support: x = forward(u, args), with log |det dx/du| per event."""

    forward: Callable[[Array, Args], Array]
    inverse: Callable[[Array, Args], Array]
    log_det: Callable[[Array, Args], Array]


@dataclass(frozen=True, kw_only=True)
class Density:
    """The law of one event, a number or a vector.

    `sample(key, args, shape, dtype)` gives i.i.d. events [*shape, *event]; `log_prob(x, args)` sums over the event,
    normalised, -inf outside the support; `moment(args, k)` is E x^k of one component (inf or nan where it does not exist).
    """

    name: str
    equation: str
    signatures: tuple[Signature, ...]
    sample: Callable[[Array, Args, tuple[int, ...], Any], Array]
    log_prob: Callable[[Array, Args], Array]
    moment: Callable[[Args, int], Array]
    transform: Transform | None = None
    refuse: Callable[[Args], str | None] = field(default=lambda _: None)
    """Why these arguments, as plain numbers, give no density; None when they do."""
    centred: Callable[[Args], bool] = field(default=lambda _: False)
    """Whether the mean is zero, from plain numbers; the limits of infinite width need it."""
    examples: tuple[Args, ...] = ()
    """Arguments on which the laws are tested."""
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LayerParam:
    """One array of a layer: its shape, the density of its O(1) entries, and what it is to the parameterization."""

    name: str
    shape: tuple[int, ...]
    density: Any
    part: Literal["weight", "bias"]
    fan_in: int = 1


@dataclass(frozen=True, kw_only=True)
class Kernels:
    """The Gaussian limit so far: K = E f(x) f(y), Theta = NTK, both [point, point_2]."""

    nngp: Array
    ntk: Array


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer: its arrays, one draw of it, and what it does to the kernels in the limit of infinite width.

    `width(node, fan_in)` is the number of its outputs; `params(node, fan_in)` its arrays; `apply(node, weights, h)`
    maps [point, in] to [point, out] with the weights as they enter the network (powers of width included);
    `kernel(node, kernels, second_moment)` maps kernels, with `second_moment(array)` = E w^2 of the O(1) variable.
    `call` is the field that a bare value stands for, as in `act: relu`.
    """

    name: str
    doc: str
    fields: tuple[Field, ...]
    width: Callable[[LayerNode, int], int]
    params: Callable[[LayerNode, int], tuple[LayerParam, ...]]
    apply: Callable[[LayerNode, Args, Array, Vocabulary], Array]
    kernel: Callable[[LayerNode, Kernels, Callable[[str], Array], Vocabulary], Kernels] | None = None
    gaussian: Literal["makes", "needs", "keeps"] = "needs"
    """In the limit: outputs are Gaussian because they are sums with random weights; the kernel step holds for Gaussian
    inputs only; or Gaussian inputs give Gaussian outputs."""
    call: str | None = None
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Exponents:
    """W = n^-a d^-a_in w with w of standard deviation n^-b d^-b_in times that of the declared density; rate eta n^-c.

    n is the hidden width, d the dimension of the input (for the input layer only).
    """

    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    a_in: float = 0.0
    b_in: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Parameterization:
    """Powers of the width by role and optimizer; biases keep their declared law.

    With `unit_variance` the trained variable is w / sigma and sigma stands in front, W = sigma n^-a w, b = sigma_b beta,
    which is the normalisation of the NTK; otherwise the trained variable has the declared variance.
    """

    name: str
    doc: str
    exponents: Callable[[Role, str], Exponents]
    unit_variance: bool = False
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A generator of numbers: `shape(args)` before anything is made, `make(args)` the array in float64."""

    name: str
    doc: str
    parameters: tuple[Parameter, ...]
    shape: Callable[[Args], tuple[int, ...]]
    make: Callable[[Args], Array]
    refuse: Callable[[Args], str | None] = field(default=lambda _: None)
    cite: tuple[str, ...] = ()


# ---------------------------------------------------------------- what is asked
@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request as a plugin sees it: options by name, with data sets made and functions callable."""

    name: str
    dim: int
    options: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        """An option's value."""
        return self.options[key]

    def __contains__(self, key: str) -> bool:
        """Whether the option was given (or has a default)."""
        return self.options.get(key) is not None


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """Means over draws, and a smooth function of them.

    `points(ask)` is where the field is read, [point, in]; `moments(ask, **readings)` gives the arrays (or `Outer`s) of
    one draw, `finish(ask, means)` the value. The error of `finish` comes from blocks of draws by the jackknife.
    """

    readings: tuple[Reading, ...]
    points: Callable[[Ask], Array]
    moments: Callable[..., Mapping[str, Array]]
    finish: Callable[[Ask, Mapping[str, Array]], Array]
    methods: tuple[str, ...] = ("monte_carlo",)
    precision: Literal["float32", "float64"] = "float32"
    """Arithmetic inside one block of draws; sums over blocks are float64 always."""


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A pure function of other observables' results; errors go through the same blocks."""

    inputs: Callable[[Ask], tuple[str, ...]]
    compute: Callable[..., Array]


@dataclass(frozen=True, kw_only=True)
class Process:
    """Something with steps: named scalar series and a trajectory, along which estimators can be measured."""

    series: tuple[str, ...]
    start: Callable[..., Any]
    step: Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A quantity that no single draw contributes to (a kernel at infinite width, a function's values): rules alone give it."""


@dataclass(frozen=True, kw_only=True)
class Observable:
    """What is wanted: its options, the dimensions of its result, and one of the kinds above."""

    name: str
    doc: str
    equation: str
    fields: tuple[Field, ...]
    dims: Callable[[Args], tuple[str, ...]]
    shape: Callable[[Args, int], tuple[int, ...]]
    """Result shape from the options (data sets as their shapes) and the dimension of the input space."""
    kind: Estimator | Derived | Process | Limit
    refuse: Callable[[Args, int], tuple[str, str] | None] = field(default=lambda _o, _d: None)
    """(option, reason) when options do not go together."""
    coords: Callable[[Ask], Mapping[str, Array]] = field(default=lambda _: {})
    example: str = ""
    """A small spec on which the laws are tested."""
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Another way to an observable for models of a certain form.

    `compute(form, ask)` gives the value, or (value, numerical error); it is traced by JAX when `traced` is set.
    `refuse(form)` says why not for this one.
    """

    name: str
    observable: str
    form: str
    method: str
    compute: Callable[[Any, Ask], Any]
    equation: str
    refuse: Callable[[Any], str | Refusal | None] = field(default=lambda _: None)
    traced: bool = True
    cite: tuple[str, ...] = ()


# ---------------------------------------------------------------- how it is got
@dataclass(frozen=True, kw_only=True)
class Draw:
    """One draw of the parameters from a measure; `log_weight` is its weight relative to that measure, `chain` its chain."""

    theta: Mapping[str, Array]
    log_weight: Array = 0.0
    chain: Array = 0


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Draws from a measure.

    An independent sampler has `draw(measure, key)`. A chain has `start(measure, key)`, `warm(measure, state, key)` and
    `step(measure, state, key) -> (state, Draw, diagnostics)`; its errors use the autocorrelation.
    """

    name: str
    doc: str
    fields: tuple[Field, ...] = ()
    draw: Callable[[Any, Array], Draw] | None = None
    start: Callable[[Any, Array], Any] | None = None
    warm: Callable[[Any, Any, Array], Any] | None = None
    step: Callable[[Any, Any, Array], tuple[Any, Draw, Mapping[str, Array]]] | None = None
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Question:
    """One observable of an experiment, as a backend is asked for it."""

    experiment: Experiment
    asked: Asked
    record: Observable
    words: Vocabulary
    method: str | None = None


@dataclass(frozen=True, kw_only=True)
class Offer:
    """How a backend would answer, at what cost. Offers of one `group` share one program and one set of draws."""

    backend: str
    method: str
    why: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    draws: int | None = None
    flops: float = 0.0
    bytes: float = 0.0
    error: str = ""
    group: str = ""
    rule: str = ""
    preference: int = 0
    """Among offers the highest wins: exact 30, quadrature 20, sampling 10."""
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a backend or a rule does not answer: a clause, and the place in the spec that is the reason.

    `code` and `message` are for refusals that have an error page of their own; `label` stands at what was asked for,
    `because` at the reason.
    """

    backend: str
    reason: str
    method: str = ""
    span: Span | None = None
    code: str = "NN601"
    message: str = ""
    label: str = ""
    because: str = ""
    helps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a program may use: the requests with their data made, devices, bytes of memory."""

    asks: tuple[Ask, ...]
    devices: int = 1
    memory: float = 4.0 * 2**30


Statistics = Mapping[str, Any]
"""What one shard leaves: float64 arrays by name, and for chains the state that the next shard goes on from."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A compiled group: shards, and what becomes of their statistics together.

    `compute(indices, before)` gives the statistics of each shard; `before` holds those of the shard that each comes
    after (None where `after` is None: independent draws; a chain's shards follow each other). `finish(statistics)`, in
    shard order, gives one estimate for each question. `width` shards can be computed at once.
    """

    shards: int
    compute: Callable[[Sequence[int], Sequence[Statistics | None]], list[Statistics]]
    finish: Callable[[Sequence[Statistics]], list[Estimate]]
    after: Callable[[int], int | None] = field(default=lambda _: None)
    width: int = 1
    draws_per_shard: int = 0


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A way to compute: `offer` says whether and how, `compile` makes the program for questions of one group."""

    name: str
    doc: str
    offer: Callable[[Question], Sequence[Offer | Refusal]]
    compile: Callable[[Sequence[Question], Sequence[Offer], Resources], Program]
    methods: tuple[str, ...] = ()
    cite: tuple[str, ...] = ()
