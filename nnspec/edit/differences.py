"""What two specs say differently, and what they only write differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nnspec.edit.contents import Statement, statements
from nnspec.ir.digest import digest
from nnspec.ir.experiment import Experiment

_CLAIMS = ("checks", "sweep.checks")
"""Lists of claims, of which only the order is compared: each claim is its own."""


@dataclass(frozen=True)
class Difference:
    """One thing that differs; None where one of the two says nothing of it."""

    path: str
    a: str | None
    b: str | None

    def line(self, width: int = 0) -> str:
        """`let.N: 100 -> 200`."""
        head = self.path.partition(": ")[0] + ":"  # a check is its own name
        if self.path in _CLAIMS:
            change = "in another order"
        elif self.a is None:
            change = f"only in the second: {self.b}"
        elif self.b is None:
            change = f"only in the first: {self.a}"
        else:
            change = "differs inside" if self.a == self.b else f"{self.a} -> {self.b}"
        return f"{head:{width}} {change}"


@dataclass(frozen=True)
class Comparison:
    """Two digests, the differences in meaning, and whether the texts are the same."""

    digests: tuple[str, str]
    differences: tuple[Difference, ...]
    same_text: bool

    @property
    def same(self) -> bool:
        """Whether both mean the same."""
        return self.digests[0] == self.digests[1]

    def lines(self) -> list[str]:
        """The report."""
        if self.same:
            head = f"the same meaning (digest {self.digests[0][:12]})"
            return [head] if self.same_text else [head, "only in text: comments, order, names of indices"]
        width = max(len(each.path.partition(": ")[0]) + 1 for each in self.differences)
        return [each.line(width) for each in self.differences]

    def plain(self) -> dict[str, object]:
        """The report for machines."""
        rows = [{"path": each.path.partition(": ")[0], "a": each.a, "b": each.b} for each in self.differences]
        return {"same": self.same, "same_text": self.same_text, "digests": list(self.digests), "differences": rows}


def compare(a: Experiment, b: Experiment, texts: Sequence[str]) -> Comparison:
    """Compare two specs by meaning; the texts are compared as they stand."""
    found = () if digest(a) == digest(b) else tuple(_differences(statements(a), statements(b)))
    return Comparison((digest(a), digest(b)), found, texts[0] == texts[1])


def _differences(a: list[Statement], b: list[Statement]) -> list[Difference]:
    left, right = {each.path: each for each in a}, {each.path: each for each in b}
    found: list[Difference] = []
    for path in dict.fromkeys((*left, *right)):
        one, other = left.get(path), right.get(path)
        if one is None or other is None or one.meaning != other.meaning:
            found.append(Difference(path, one.shown if one else None, other.shown if other else None))
    found = [each for each in found if each.path not in _CLAIMS or each.a == each.b]
    whole = {each.path for each in found if each.a is None or each.b is None}
    found = [each for each in found if not any(above in whole for above in _above(each.path))]
    found = [each for each in found if not any(each.path.startswith(f"{word}.") for word in _replaced(found))]
    # What shows no change of its own differs through a function that is listed too, or by its order.
    telling = [each for each in found if each.a != each.b]
    return telling or found


def _replaced(found: list[Difference]) -> list[str]:
    """Words that took the place of each other: their options are not compared."""
    words = ((each.path, shown.partition("(")[0]) for each in found if each.a != each.b for shown in (each.a, each.b) if shown)
    return [f"{path}.{word}" for path, word in words]


def _above(path: str) -> list[str]:
    """The things that a statement is a part of: `observables.G2` for `observables.G2.draws`."""
    steps = path.partition(": ")[0].split(".")
    return [".".join(steps[:k]) for k in range(1, len(steps))]
