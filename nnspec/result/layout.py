"""How estimates lie in one file: variables over named dimensions, and back; no file is touched here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnspec.numerics.lazy import np
from nnspec.result.estimate import Estimate

BLOCKS_LIMIT = 64 * 2**20
"""Leave-one-out blocks larger than this (bytes) are not kept."""
TEXT_LIMIT = 32_000
"""HDF5 holds no longer text than 64 KiB in an attribute; longer ones become variables."""

_PLAIN = ("word", "method", "backend", "plugin", "equation")


@dataclass(frozen=True, kw_only=True)
class Variable:
    """An array with named dimensions and attributes (text, whole numbers, real numbers)."""

    name: str
    dims: tuple[str, ...]
    data: Any
    attrs: Mapping[str, Any]


@dataclass(kw_only=True)
class Layout:
    """All variables by name, and the size of every dimension; filled by `arrange`."""

    sizes: dict[str, int] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    axes: dict[tuple[str, int, str], str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def free(self, *wishes: str) -> str:
        """The first of these names that nothing has, or the last one with a number."""
        for wish in wishes:
            if wish not in self.taken:
                return wish
        return next(name for k in range(2, 10**6) if (name := f"{wishes[-1]}_{k}") not in self.taken)

    def axis(self, dim: str, size: int, owner: str, forbidden: Sequence[str] = (), places: str = "") -> str:
        """The dimension of the file for `dim`: shared when size and places agree, else named after its owner."""
        name = self.axes.get((dim, size, places))
        if name is None or name in forbidden:
            name = self.free(dim, f"{dim}__{owner}")
            self.axes.setdefault((dim, size, places), name)
            self.sizes[name] = size
            self.taken.add(name)
        return name

    def put(self, variable: Variable) -> str:
        """Add a variable; text that is too long for an attribute moves to a variable of its own."""
        attrs = dict(variable.attrs)
        for key, text in variable.attrs.items():
            if isinstance(text, str) and len(text.encode()) > TEXT_LIMIT:
                name = self.free(f"{variable.name}__{key}")
                attrs[key] = f"@{name}"
                self.put(Variable(name=name, dims=(), data=np.asarray(text), attrs={"nnspec": "text"}))
        self.taken.add(variable.name)
        self.variables[variable.name] = Variable(
            name=variable.name, dims=variable.dims, data=variable.data, attrs=attrs
        )
        return variable.name


# ---------------------------------------------------------------- estimates to variables
def arrange(estimates: Sequence[Estimate]) -> Layout:
    """Lay out estimates: a variable each, `NAME_stderr` and `NAME_blocks` beside it, coordinates shared where equal."""
    layout = Layout()
    layout.taken.update(dim for estimate in estimates for dim in estimate.dims)
    stems = [_stem(layout, estimate, estimates) for estimate in estimates]
    layout.taken.difference_update({dim for estimate in estimates for dim in estimate.dims} - set(stems))
    for position, (stem, estimate) in enumerate(zip(stems, estimates, strict=True)):
        _place(layout, stem, estimate, position)
    return layout


def _stem(layout: Layout, estimate: Estimate, estimates: Sequence[Estimate]) -> str:
    """A legal, free name of a variable: `G4c.exact` is `G4c__exact`."""
    name = estimate.name
    if sum(other.name == name for other in estimates) > 1:
        name = f"{name}.{estimate.method}"
    legal = name.replace(".", "__").replace("/", "_").strip() or "unnamed"
    stem = layout.free(legal, f"{legal}_value")
    layout.taken.update((stem, f"{stem}_stderr", f"{stem}_blocks", f"{stem}_covariance"))
    return stem


def _place(layout: Layout, stem: str, estimate: Estimate, position: int) -> None:
    value = np.asarray(estimate.value, dtype=np.float64)
    assert value.ndim == len(estimate.dims), f"{estimate.name}: {value.ndim} axes, dimensions {estimate.dims}"
    dims: list[str] = []
    for dim, size in zip(estimate.dims, value.shape, strict=True):
        dims.append(layout.axis(dim, size, stem, dims, _places(estimate, dim, size)))
    coords = {key: _coordinate(layout, stem, estimate, dims, key) for key in sorted(estimate.coords)}
    attrs = _attributes(estimate, position, coords)
    attrs["diagnostics"] = json.dumps(_diagnostics(layout, stem, estimate, dims), sort_keys=True, default=_listed)
    seen = [entry["variable"] for entry in coords.values() if entry["variable"] not in dims]
    if seen:
        attrs["coordinates"] = " ".join(seen)
    if estimate.stderr is not None:
        attrs["ancillary_variables"] = f"{stem}_stderr"
        about = {"nnspec": "stderr", "long_name": f"one standard deviation of {estimate.name}"}
        spread = np.broadcast_to(np.asarray(estimate.stderr, dtype=np.float64), value.shape)
        layout.put(Variable(name=f"{stem}_stderr", dims=tuple(dims), data=spread, attrs=about))
    attrs["blocks"] = _blocks(layout, stem, estimate, tuple(dims))
    if estimate.covariance is not None:
        over = tuple(layout.axis(f"{stem}_entry{end}", value.size, stem) for end in ("", "_2"))
        about = {"nnspec": "covariance", "long_name": f"covariance of the entries of {estimate.name}, last dimension fastest"}
        layout.put(Variable(name=f"{stem}_covariance", dims=over, data=np.asarray(estimate.covariance), attrs=about))
    layout.put(Variable(name=stem, dims=tuple(dims), data=value, attrs=attrs))


def _attributes(estimate: Estimate, position: int, coords: Mapping[str, Any]) -> dict[str, Any]:
    attrs: dict[str, Any] = {
        "nnspec": "estimate",
        "name": estimate.name,
        "long_name": f"{estimate.word} by {estimate.method}",
        "position": position,
        "numerical_error": float(estimate.numerical_error),
        "cite": json.dumps(list(estimate.cite), ensure_ascii=False),
        "warnings": json.dumps(list(estimate.warnings), ensure_ascii=False),
        "dims": json.dumps(list(estimate.dims), ensure_ascii=False),
        "coords": json.dumps(dict(coords), sort_keys=True, ensure_ascii=False),
    }
    attrs |= {key: getattr(estimate, key) for key in _PLAIN}
    if estimate.draws is not None:
        attrs["draws"] = int(estimate.draws)
    for key in ("units", "normalisation"):
        if key in estimate.diagnostics:
            attrs[key] = str(estimate.diagnostics[key])
    return attrs


def _places(estimate: Estimate, dim: str, size: int) -> str:
    """What tells the places along a dimension apart: all coordinates that run along it."""
    along: list[str] = []
    for key in sorted(estimate.coords):
        array = np.asarray(estimate.coords[key])
        if array.shape[:1] == (size,) and (key == dim or key not in estimate.dims):
            along += [key, _hash(_storable(array))]
    return "".join(along)


def _coordinate(layout: Layout, stem: str, estimate: Estimate, dims: Sequence[str], key: str) -> dict[str, str]:
    """Place one coordinate; says in which variable it is and of what type."""
    array = np.asarray(estimate.coords[key])
    data, over = _storable(array), _along(layout, stem, estimate, dims, key)
    own = bool(over) and len(over) == 1 and key in estimate.dims and over[0] == dims[estimate.dims.index(key)]
    wish = f"{key}_at" if key in estimate.dims else key
    wishes = (over[0],) if own else (wish, f"{wish}__{stem}")
    about = {"variable": wishes[0], "dtype": str(array.dtype)}
    for name in wishes:
        old = layout.variables.get(name)
        if old is not None and old.dims == tuple(over) and _hash(old.data) == _hash(data):
            return about | {"variable": name}
    name = over[0] if own else layout.free(*wishes)
    layout.put(Variable(name=name, dims=tuple(over), data=data, attrs={"nnspec": "coordinate"}))
    return about | {"variable": name}


def _along(layout: Layout, stem: str, estimate: Estimate, dims: Sequence[str], key: str) -> list[str]:
    """The dimensions of a coordinate: the one it belongs to comes first, its components run over `in`."""
    over: list[str] = []
    for k, size in enumerate(np.asarray(estimate.coords[key]).shape):
        near = [dim for dim in dims if k == 0 and layout.sizes[dim] == size]
        if key in estimate.dims and dims[estimate.dims.index(key)] in near:
            near = [dims[estimate.dims.index(key)]]
        over.append(near[0] if near else layout.axis("in" if k else f"{key}_entry", size, stem, over))
    return over


def _blocks(layout: Layout, stem: str, estimate: Estimate, dims: tuple[str, ...]) -> str:
    """Keep the leave-one-out values when they are small; says what became of them."""
    if estimate.blocks is None:
        return "none"
    blocks = np.asarray(estimate.blocks, dtype=np.float64)
    if blocks.nbytes >= BLOCKS_LIMIT:
        return f"left out: {blocks.nbytes / 2**20:.0f} MiB"
    block = layout.axis("block", blocks.shape[0], stem, dims)
    about = {"nnspec": "blocks", "long_name": f"leave-one-out values of {estimate.name}"}
    layout.put(Variable(name=f"{stem}_blocks", dims=(block, *dims), data=blocks, attrs=about))
    return "kept"


def _diagnostics(layout: Layout, stem: str, estimate: Estimate, dims: Sequence[str]) -> dict[str, Any]:
    """Diagnostics as JSON; arrays become variables of their own, over the estimate's dimensions where they fit."""
    out: dict[str, Any] = {}
    for key in sorted(estimate.diagnostics):
        value = estimate.diagnostics[key]
        if getattr(value, "ndim", 0) == 0:
            out[key] = value.item() if hasattr(value, "item") else value
            continue
        array = np.asarray(value)
        name = layout.free(f"{stem}_{key}".replace(".", "__"), f"{stem}__{key}")
        over = tuple(dims)
        if array.shape != tuple(layout.sizes[dim] for dim in dims):
            over = tuple(layout.axis(f"{name}_{k + 1}", size, stem) for k, size in enumerate(array.shape))
        layout.put(Variable(name=name, dims=over, data=_storable(array), attrs={"nnspec": "diagnostic"}))
        out[key] = {"variable": name, "dtype": str(array.dtype)}
    return out


# ---------------------------------------------------------------- and back
def restore(variables: Mapping[str, Variable]) -> list[Estimate]:
    """The estimates that `arrange` laid out, in their order."""
    found = [item for item in variables.values() if item.attrs.get("nnspec") == "estimate"]
    return [_estimate(item, variables) for item in sorted(found, key=lambda item: int(item.attrs["position"]))]


def _estimate(item: Variable, variables: Mapping[str, Variable]) -> Estimate:
    attrs = {key: unfold(value, variables) for key, value in item.attrs.items()}
    stderr, blocks = variables.get(f"{item.name}_stderr"), variables.get(f"{item.name}_blocks")
    covariance = variables.get(f"{item.name}_covariance")
    diagnostics = json.loads(attrs["diagnostics"])
    return Estimate(
        name=attrs["name"],
        value=item.data,
        dims=tuple(json.loads(attrs["dims"])),
        coords={key: _array(entry, variables) for key, entry in json.loads(attrs["coords"]).items()},
        stderr=None if stderr is None or "ancillary_variables" not in attrs else stderr.data,
        blocks=None if blocks is None or attrs["blocks"] != "kept" else blocks.data,
        covariance=covariance.data if covariance is not None and covariance.attrs.get("nnspec") == "covariance" else None,
        numerical_error=float(attrs["numerical_error"]),
        draws=int(attrs["draws"]) if "draws" in attrs else None,
        warnings=tuple(json.loads(attrs["warnings"])),
        diagnostics={key: _diagnostic(value, variables) for key, value in diagnostics.items()},
        cite=tuple(json.loads(attrs["cite"])),
        **{key: attrs[key] for key in _PLAIN},
    )


def _diagnostic(value: Any, variables: Mapping[str, Variable]) -> Any:
    return _array(value, variables) if isinstance(value, dict) and set(value) == {"variable", "dtype"} else value


def _array(entry: Mapping[str, str], variables: Mapping[str, Variable]) -> Any:
    return np.asarray(variables[entry["variable"]].data).astype(entry["dtype"])


def unfold(value: Any, variables: Mapping[str, Variable]) -> Any:
    """An attribute's value; text that was moved to a variable is fetched back."""
    if isinstance(value, str) and value.startswith("@") and value[1:] in variables:
        return str(variables[value[1:]].data)
    return value


# ---------------------------------------------------------------- fingerprints
def fingerprint(variables: Mapping[str, Variable], attrs: Mapping[str, str]) -> str:
    """sha256 of everything that is kept: it tells a flipped bit from a result."""
    total = hashlib.sha256(json.dumps(dict(attrs), sort_keys=True).encode())
    for name in sorted(variables):
        item = variables[name]
        head = [name, list(item.dims), {key: item.attrs[key] for key in sorted(item.attrs)}]
        total.update(json.dumps(head, sort_keys=True).encode())
        total.update(_hash(item.data).encode())
    return total.hexdigest()


def _hash(array: Any) -> str:
    array = np.asarray(array)
    if array.dtype.kind in "OUT":
        content = json.dumps([str(text) for text in array.ravel()]).encode()
        return hashlib.sha256(content).hexdigest()
    head = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()


def _listed(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _storable(array: Any) -> Any:
    """An array of a type that netCDF knows: truth values become 0 and 1; text stays text."""
    array = np.asarray(array)
    if array.dtype.kind == "b":
        return array.astype(np.int8)
    return array.astype(str) if array.dtype.kind in "OT" else array
