"""Records for what is asked: observables in their kinds, and rules as other ways to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nnspec.document.fields import Field
from nnspec.plugin.model_records import Args
from nnspec.plugin.readings import Array, Reading

if TYPE_CHECKING:
    from nnspec.text.source import Span


class Table(NamedTuple):
    """Labelled points: an option of the type `table` as a plugin sees it, float64 [point, in] and [point]."""

    points: Array
    labels: Array


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request as a plugin sees it: options by name, with data sets made and functions callable.

    What is measured `along` a process has the request of that process as this option.
    """

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
class GivenGaussian:
    """An estimator's moments when a draw leaves a Gaussian field and not one field.

    `moments(ask, mean, cov)` gives arrays (or `Outer`s) of one draw from the mean [point], None where it is zero, and the
    covariance [point, point_2]; `means(ask, means)` makes the means of the estimator's own moments of their means, and is
    linear.
    """

    moments: Callable[[Ask, Array | None, Array], Mapping[str, Array]]
    means: Callable[[Ask, Mapping[str, Array]], Mapping[str, Array]]


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
    steps: Callable[[Ask], Array] = field(default=lambda _: None)
    """Steps of a process at which it is measured along it; None where the process decides. Then `moments` and `finish` are
    about one step, and every part of a result has the dimension `step` in front."""
    spread: Callable[[Args], tuple[float, str] | None] = field(default=lambda _: None)
    """The standard deviation of one draw and its unit, were the field Gaussian: (1.41, "G2(x, x)"); for plans alone."""
    given_gaussian: GivenGaussian | None = None
    """What takes the place of `moments` where the field of a draw is Gaussian; with it amplitudes can be integrated out."""


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A pure function of other observables' results; errors go through the same blocks."""

    inputs: Callable[[Ask], tuple[str, ...]]
    compute: Callable[..., Array]


@dataclass(frozen=True, kw_only=True)
class Process:
    """Something with steps: named scalar series and a trajectory, along which estimators can be measured."""

    series: tuple[str, ...]
    start: Callable[..., Any] | None = None
    step: Callable[..., Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Something no single draw contributes to (a kernel at infinite width, a function's values): rules alone give it."""


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
    parts: Callable[[Args], Mapping[str, tuple[str, ...]]] = field(default=lambda _: {})
    """Named parts of a result with their dimensions, as in `fit.final_loss`; with parts there is no whole."""
    later: str = ""
    """Why no program can compute this yet; empty when one can."""
    example: str = ""
    """A small spec on which the laws are tested."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """What else that spec must say: `deform` and `sampler`, as they are written."""
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
    later: bool = False
    """Whether this way is known and not built yet: the spec is right, and this version cannot compute it."""


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
    equation: str
    compute: Callable[[Any, Ask], Any] | None = None
    """None for what is not built yet, which `later` says."""
    refuse: Callable[[Any], str | Refusal | None] = field(default=lambda _: None)
    refuse_points: Callable[[Any, int, Callable[[], Array | None]], str | None] | None = None
    """Why not at so many points that an estimator reads; the function gives these, [point, in], or None where a plan does not
    know them. A plan without arrays, which is made sooner, results where it is not called."""
    traced: bool = True
    deformed: bool = False
    """Whether it takes a deformation of the density into account; others are not asked about deformed models."""
    later: str = ""
    """Why no program can do this yet; empty when one can."""
    cite: tuple[str, ...] = ()
