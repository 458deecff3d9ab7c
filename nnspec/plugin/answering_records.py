"""Records for how something is got: samplers, questions and offers, backends and the programs they compile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from nnspec.document.fields import Field
from nnspec.plugin.asking_records import Ask, Observable, Refusal, Rule
from nnspec.plugin.model_records import Words
from nnspec.plugin.readings import Array

if TYPE_CHECKING:
    from nnspec.ir.experiment import Experiment
    from nnspec.ir.experiment import Observable as Asked
    from nnspec.result.estimate import Estimate


class Vocabulary(Words, Protocol):
    """All words that a backend may need; `nnspec.plugin.vocabulary` has the real one."""

    @property
    def samplers(self) -> Mapping[str, Sampler]:
        """Samplers by name."""
        ...

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules."""
        ...


@dataclass(frozen=True, kw_only=True)
class Draw:
    """One draw of the parameters from a measure, its weight relative to that measure, and the number of its chain."""

    theta: Mapping[str, Array]
    log_weight: Array = 0.0
    chain: Array = 0


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Draws from a measure (`nnspec.lower.ensemble.Measure`).

    An independent sampler has `draw(measure, key)`; what it draws has weights relative to the measure when `weighs` is
    set, and otherwise it knows the declared densities alone. A chain has `start(measure, keys)`,
    `warm(measure, state, key)` and `step(measure, state, key) -> (state, Draw, diagnostics)`, for a group of chains side
    by side: one key for each to begin with, leaves of `theta` and `diagnostics` [chain, ...]. The state is a mapping of
    arrays, and the diagnostics have `acceptance`, `divergent`, `energy` and `leapfrogs`.
    """

    name: str
    doc: str
    fields: tuple[Field, ...] = ()
    draw: Callable[[Any, Array], Draw] | None = None
    weighs: bool = False
    start: Callable[[Any, Array], Any] | None = None
    warm: Callable[[Any, Any, Array], Any] | None = None
    step: Callable[[Any, Any, Array], tuple[Any, Draw, Mapping[str, Array]]] | None = None
    later: str = ""
    """Why no program can draw so yet; empty when one can."""
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
class Resources:
    """What a program may use: the requests with their data made, devices, bytes of memory, what was compiled before.

    `programs` is shared by the points of a sweep: a backend may keep compiled functions there, under a name that tells
    everything that they depend on.
    """

    asks: tuple[Ask, ...]
    devices: int = 1
    memory: float = 4.0 * 2**30
    programs: MutableMapping[str, Any] = field(default_factory=dict)


Statistics = Mapping[str, Any]
"""What one shard leaves: float64 arrays by name, and for chains the state that the next shard goes on from."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A compiled group: shards, and what becomes of their statistics together.

    `compute(indices, before)` gives the statistics of each shard; `before` holds those of the shard that each comes
    after (None where `after` is None: independent draws; a chain's shards follow each other). `finish(statistics)`, in
    shard order, gives one estimate for each question. `width` shards can be computed at once.

    `labels` say what each shard is whatever the number of draws, so that a longer run begins with the shards of a shorter
    one. Statistics of a program that is `separate` are named `question/array` and do not depend on what else is asked;
    those without a question (a `count`) belong to all. `more(statistics)` is a longer program, or None when the errors are
    as small as was wished. `explain(statistics, question)` says where a number that is not finite came from.
    """

    shards: int
    compute: Callable[[Sequence[int], Sequence[Statistics | None]], list[Statistics]]
    finish: Callable[[Sequence[Statistics]], list[Estimate]]
    after: Callable[[int], int | None] = field(default=lambda _: None)
    width: int = 1
    draws: Sequence[int] = ()
    """Draws of each shard, for the rate that is shown."""
    labels: Sequence[str] = ()
    separate: bool = False
    more: Callable[[Sequence[Statistics]], Program | None] = field(default=lambda _: None)
    explain: Callable[[Sequence[Statistics], str], str] = field(default=lambda _statistics, _question: "")


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A way to compute: `offer` says whether and how, `compile` makes the program for questions of one group."""

    name: str
    doc: str
    offer: Callable[[Question], Sequence[Offer | Refusal]]
    compile: Callable[[Sequence[Question], Sequence[Offer], Resources], Program]
    methods: tuple[str, ...] = ()
    cite: tuple[str, ...] = ()
