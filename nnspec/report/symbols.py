"""Names of a spec as mathematicians would set them: sigma_w as a Greek letter with an index."""

from __future__ import annotations

import re

from nnspec.report.boxes import Box, Num, Row, Script, Sym, listed

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "upsilon": "υ", "phi": "ϕ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω",
}  # fmt: skip
_SHORT = {"Lam": "Lambda", "lam": "lambda", "eps": "epsilon", "sig": "sigma", "inf": "infty"}

FUNCTIONS = {
    name: Sym(name, rf"\{name}")
    for name in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "min", "max", "det")
} | {
    name: Sym(shown, rf"\operatorname{{{shown}}}")
    for name, shown in {
        "erf": "erf", "sign": "sign", "vol": "vol", "relu": "ReLU", "gelu": "GELU", "se": "se", "mean": "mean",
        "slope": "slope", "spread": "spread", "argmin": "argmin", "argmax": "argmax", "agree": "agree",
        "relative_change": "change",
    }.items()
}  # fmt: skip

DENSITIES = {
    "normal": Sym("𝒩", r"\mathcal{N}"),
    "mvnormal": Sym("𝒩", r"\mathcal{N}"),
    "uniform": Sym("𝒰", r"\mathcal{U}"),
}
REALS = Sym("ℝ", r"\mathbb{R}")
BALL = Sym("B")
SPHERE = Sym("S")


def symbol(name: str) -> Box:
    """A name: Greek where it names a letter; what follows `_`, or digits, as an index; primes raised."""
    bare = name.rstrip("'")
    primes = len(name) - len(bare)
    head, _, tail = bare.partition("_")
    if not tail and (match := re.fullmatch(r"([^\W\d]|[A-Za-z]{2,})(\d+)", head)):
        head, tail = match.group(1), match.group(2)
    base = letter(head or bare)
    sub = (Num(tail) if tail.isdigit() else symbol(tail)) if tail else None
    sup = Sym("′" * primes, " ".join([r"\prime"] * primes)) if primes else None
    return Script(base, sub, sup) if sub or sup else base


def letter(name: str) -> Sym:
    """A letter or a word; the infinity sign for `inf`."""
    full = _SHORT.get(name, name)
    if full == "infty":
        return Sym("∞", r"\infty")
    if full in _GREEK:
        return Sym(_GREEK[full], rf"\{full}")
    if len(name) == 1:
        return Sym(name)
    escaped = name.replace("_", r"\_")
    return Sym(name, rf"\mathrm{{{escaped}}}")


def indexed(base: Box, indices: list[Box]) -> Box:
    """A symbol with further indices after those it has."""
    if not indices:
        return base
    match base:
        case Script(inner, sub, sup):
            return Script(inner, listed(([sub] if sub else []) + indices), sup)
        case _:
            return Script(base, Row(tuple(indices)) if all(_short(i) for i in indices) else listed(indices))


def _short(box: Box) -> bool:
    return isinstance(box, Sym | Num) and len(box.text) == 1
