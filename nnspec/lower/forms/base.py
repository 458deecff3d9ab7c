"""What every form has in common: the obstacle that keeps a model from having it, and the form of all models."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nnspec.ir.experiment import Experiment
from nnspec.lower.expressions import Env
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.text.source import Span


@dataclass(frozen=True)
class Obstacle:
    """What keeps a model from having a form: a clause, and its place in the spec."""

    reason: str
    span: Span | None = None


TOO_DEEP = Obstacle("the formula is nested too deeply")


class Hindrance(Exception):
    """An obstacle on its way out of a search."""

    def __init__(self, reason: str, span: Span | None = None) -> None:
        """Keep the obstacle."""
        super().__init__(reason)
        self.obstacle = Obstacle(reason, span)


@dataclass(frozen=True, kw_only=True)
class Anything:
    """Every model: for what does not look at the model at all."""

    env: Env | None = None

    def bind(self, env: Env) -> Anything:
        """The form with its constants."""
        return replace(self, env=env)


def anything(experiment: Experiment, words: Vocabulary) -> Anything:  # noqa: ARG001
    """The form that every model has."""
    return Anything()
