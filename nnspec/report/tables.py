"""Results as tables of words and numbers, for the terminal and for the page."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.report.axes import Axis, axis, squeezed
from nnspec.result.estimate import Estimate
from nnspec.result.format import plain_number, shorthand

ROWS = 12
CORNER = 5


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: a title, a head with a line under it (methods), rows of cells, and a note below."""

    title: str
    head: tuple[str, ...]
    under: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""


# ---------------------------------------------------------------- what there is to tell
def tabulate(estimates: Sequence[Estimate], *, rows: int = ROWS) -> list[Table]:
    """Tables of all results: numbers together, lines that share their axis side by side, kernels summarised."""
    estimates = [squeezed(each) if len(each.dims) > 2 else each for each in estimates]
    numbers = [each for each in estimates if not each.dims]
    lines = [each for each in estimates if len(each.dims) == 1]
    tables = [_numbers(numbers)] if numbers else []
    groups: dict[Any, list[Estimate]] = {}
    for each in lines:
        groups.setdefault(axis(each, 0).key, []).append(each)
    tables += [_lines(group, rows) for group in groups.values()]
    tables += [_kernel(each) for each in estimates if len(each.dims) == 2]
    return tables + [_summary(each) for each in estimates if len(each.dims) > 2]


def sampled(estimate: Estimate) -> bool:
    """Whether the value has a statistical error."""
    return estimate.stderr is not None


def cell(estimate: Estimate, place: tuple[int, ...] = ()) -> str:
    """One entry with its error; exact ones have seven digits."""
    value = float(np.asarray(estimate.value)[place])
    if estimate.stderr is None:
        return plain_number(value, 7)
    return shorthand(value, float(np.broadcast_to(estimate.stderr, np.shape(estimate.value))[place]))


def _numbers(group: Sequence[Estimate]) -> Table:
    body = tuple((each.name, cell(each), each.method, _draws(each)) for each in group)
    return Table(title="", head=("", "value", "method", "draws"), rows=body, note=_warnings(group))


def _lines(group: Sequence[Estimate], rows: int) -> Table:
    """Results over one axis side by side, with pulls where an exact one stands beside a sampled one."""
    places = axis(group[0], 0)
    chosen = thinned(len(places.places), rows)
    columns = [[_place(places, k) for k in chosen], *([cell(each, (k,)) for k in chosen] for each in group)]
    head, under = [places.label, *(each.name for each in group)], ["", *(_method(each) for each in group)]
    notes = [] if len(chosen) == len(places.places) else [f"{len(chosen)} of {len(places.places)} rows"]
    for left, right in pairs(group):
        pulls = _pulls(left, right)
        columns.append([f"{pulls[k]:+.2f}" if np.isfinite(pulls[k]) else "" for k in chosen])
        head.append(f"({left.name} − {right.name})/se")
        under.append("")
        if np.isfinite(pulls).any():
            worst = int(np.nanargmax(np.abs(pulls)))
            where = f"at {places.label} = {_place(places, worst)}"
            notes.append(f"largest |{left.name} − {right.name}|/se: {abs(pulls[worst]):.2f} {where}")
    body = tuple(zip(*columns, strict=True))
    note = "\n".join(filter(None, ["; ".join(notes), _warnings(group)]))
    return Table(title="", head=tuple(head), under=tuple(under), rows=body, note=note)


def pairs(group: Sequence[Estimate]) -> list[tuple[Estimate, Estimate]]:
    """Sampled beside exact: the methods of one observable, or the only two of a group."""
    found = [
        (left, right)
        for left, right in itertools.permutations(group, 2)
        if sampled(left) and not sampled(right) and left.name.split(".")[0] == right.name.split(".")[0]
    ]
    if not found and len(group) == 2 and sampled(group[0]) != sampled(group[1]):
        found = [(group[0], group[1]) if sampled(group[0]) else (group[1], group[0])]
    return found


def _pulls(left: Estimate, right: Estimate) -> Any:
    """(left - right) / se(left), nan where there is no error."""
    spread = np.broadcast_to(np.asarray(left.stderr, dtype=float), np.shape(left.value))
    safe = np.where(spread > 0, spread, 1.0)
    return np.where(spread > 0, (np.asarray(left.value) - np.asarray(right.value)) / safe, np.nan)


def _kernel(estimate: Estimate) -> Table:
    """Rows and columns of a kernel, thinned; its range, diagonal and largest error below."""
    value = np.asarray(estimate.value, dtype=float)
    first, second = axis(estimate, 0), axis(estimate, 1)
    down, across = thinned(value.shape[0], CORNER), thinned(value.shape[1], CORNER)
    body = tuple((_place(first, i), *(cell(estimate, (i, j)) for j in across)) for i in down)
    size = " × ".join(f"{n} {dim}" for n, dim in zip(value.shape, estimate.dims, strict=True))
    note = [f"{len(down)} × {len(across)} of {size}"] if value.size > len(down) * len(across) else [size]
    return Table(
        title=f"{estimate.name} ({_method(estimate)})",
        head=(f"{first.label} \\ {second.label}", *(_place(second, j) for j in across)),
        rows=body,
        note="\n".join(filter(None, ["; ".join(note + _range(estimate)), _warnings([estimate])])),
    )


def _summary(estimate: Estimate) -> Table:
    size = " × ".join(f"{n} {dim}" for n, dim in zip(np.shape(estimate.value), estimate.dims, strict=True))
    return Table(
        title=f"{estimate.name} ({_method(estimate)})", head=("size", "range"),
        rows=((size, "; ".join(_range(estimate))),), note=_warnings([estimate]),
    )  # fmt: skip


def _range(estimate: Estimate) -> list[str]:
    """Smallest and largest entry, those of the diagonal of a square, the largest error."""
    value = np.asarray(estimate.value, dtype=float)
    if not value.size:
        return ["empty"]
    out = [f"{plain_number(float(value.min()))} … {plain_number(float(value.max()))}"]
    if value.ndim == 2 and value.shape[0] == value.shape[1]:
        diagonal = np.diagonal(value)
        low, high = plain_number(float(diagonal.min())), plain_number(float(diagonal.max()))
        out.append(f"diagonal {low}" if low == high else f"diagonal {low} … {high}")
    if estimate.stderr is not None:
        out.append(f"se ≤ {plain_number(float(np.max(estimate.stderr)), 2)}")
    elif estimate.numerical_error:
        out.append(f"numerical error ≤ {plain_number(estimate.numerical_error, 2)}")
    return out


def thinned(size: int, most: int) -> list[int]:
    """At most so many places, evenly spread, the first and the last among them."""
    if size <= most:
        return list(range(size))
    return sorted({round(k * (size - 1) / (most - 1)) for k in range(most)})


def _place(places: Axis, k: int) -> str:
    given = places.places[k]
    return plain_number(float(given), 5) if places.numeric else str(given)


def _method(estimate: Estimate) -> str:
    """By which method, from how many draws, and what else a backend notes about it."""
    noted = estimate.diagnostics.get("note")
    return estimate.method + (f", {_draws(estimate)} draws" if estimate.draws else "") + (f"; {noted}" if noted else "")


def _draws(estimate: Estimate) -> str:
    return "" if estimate.draws is None else f"{estimate.draws:,}".replace(",", "\u202f")


def _warnings(group: Sequence[Estimate]) -> str:
    return "\n".join(f"warning: {each.name}: {text}" for each in group for text in each.warnings)


# ---------------------------------------------------------------- as text
def text_tables(estimates: Sequence[Estimate], *, width: int = 100, rows: int = ROWS) -> str:
    """All results for a terminal of so many columns."""
    return "\n\n".join(text(table, width=width) for table in tabulate(estimates, rows=rows)) + "\n"


def text(table: Table, *, width: int = 100) -> str:
    """One table as plain text; columns that do not fit follow below, with the first column again."""
    columns = [aligned(column) for column in zip(*table.rows, strict=True)] if table.rows else [[] for _ in table.head]
    heads = [(head, under) for head, under in itertools.zip_longest(table.head, table.under, fillvalue="")]
    widths = [max(map(len, (*pair, *column))) for pair, column in zip(heads, columns, strict=True)]
    blocks = [_block(part, heads, columns, widths) for part in _parts(widths, width)]
    return "\n".join(filter(None, [table.title, "\n\n".join(blocks), table.note]))


def _parts(widths: Sequence[int], width: int) -> list[list[int]]:
    """Which columns stand together, the first one always."""
    parts, used = [[0]], widths[0]
    for k in range(1, len(widths)):
        if used + 2 + widths[k] > width and len(parts[-1]) > 1:
            parts.append([0])
            used = widths[0]
        parts[-1].append(k)
        used += 2 + widths[k]
    return parts


def _block(part: list[int], heads: Sequence[tuple[str, str]], columns: Any, widths: Sequence[int]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "  ".join(text.ljust(widths[k]) for text, k in zip(cells, part, strict=True)).rstrip()

    out = [line([heads[k][0] for k in part])]
    if any(heads[k][1] for k in part):
        out.append(line([heads[k][1] for k in part]))
    out.append("  ".join("─" * widths[k] for k in part))
    return "\n".join(out + [line([columns[k][row] for k in part]) for row in range(len(columns[0]))])


def aligned(cells: Sequence[str], pad: str = " ") -> list[str]:
    """Numbers one below the other by their points; other columns as they are."""
    if not all(text[:1].isdigit() or text[:1] in "-+−" for text in cells if text):
        return list(cells)
    before = [len(text.split("(")[0].split("e")[0].split(".")[0]) for text in cells]
    return [pad * (max(before, default=0) - count) + text for text, count in zip(cells, before, strict=True)]
