"""The words that the language itself knows, explained: domains, operators on functions, statements, signs."""

from __future__ import annotations

DOMAINS: dict[str, str] = {
    "R": "`R`: the real numbers; `R^d` is the space of vectors with d components",
    "Ball": "`Ball(d, r)`: the points of R^d with |x| < r",
    "Sphere": "`Sphere(d, r)`: the points of R^d with |x| = r",
    "Box": "`Box(a, b)^d`: the vectors whose components lie between a and b",
    "Interval": "`Interval(a, b)`: the numbers between a and b",
}

OPERATORS: dict[str, str] = {
    "integral": "`integral(f(y), y in D)`: the integral of f over the domain D; inside it a field without a point, as in\n"
    "`phi^4`, means its value at y. How it is done is chosen under `numerics.integral`",
    "E": "`E[f]`: the mean of f over all networks, as in `E[phi(x)*phi(y)]`",
    "cumulant": "`cumulant(f, g, ...)`: the joint cumulant over all networks: of one quantity the mean, of two the\n"
    "covariance, of four the connected four-point function",
    "d": "`d(f, x[1])`: the partial derivative of f by the first component of x; `d(f, x[1], x[2])` derives twice.\n"
    "A constant may be called `d` as well",
    "vol": "`vol(D)`: the volume of the domain D",
    "norm": "`norm(u)`: the length of a vector; of a result, the square root of the sum of squares",
    "sum": "`sum_i f`, `sum_{i,j} f`: the sum over an index; it takes the product to its right and ends before `+` and `-`",
    "prod": "`prod_i f`: the product over an index; it ends where `sum_i` does",
    "mean": "`mean_i f`: the mean over an index; it ends where `sum_i` does",
    "if": "`f if x > 0 else g`: one of two values; `where(x > 0, f, g)` says the same",
}

OF_DENSITIES: dict[str, str] = {
    "truncate": "`truncate(p, D)`: the density p on the domain D, and nothing outside; normalised again",
    "Density": "`Density(f(u), u in D)`: the density that is proportional to f on the domain D; f is nowhere negative",
    "mixture": "`0.3*p + 0.7*q`: a mixture of densities; the weights stand in front, are positive, and sum to 1",
    "reweighting": "`p*f`: the density that is proportional to p times f; f is a function of the spec, or a formula in which\n"
    "the parameter itself stands: `a[i]: Normal(0, 1)*exp(-a[i]^4)`",
    "copies": "`p^d`: d independent components, each with the density p",
}

STATEMENTS: dict[str, str] = {
    "index": "`index i in N`: an index that runs from 1 to N; a line of `model: |`",
    "input": "`input x in R^d`: an input and its space; a line of `model: |`",
    "P": "`P *= f`: the density of whole networks is multiplied by f and normalised again, as `deform: f` does; a line of\n"
    "`model: |`",
}  # fmt: skip

LANGUAGE: dict[str, tuple[str, str]] = {
    **{word: ("domain", text) for word, text in DOMAINS.items()},
    **{word: ("function of the language", text) for word, text in OPERATORS.items()},
    **{word: ("density", text) for word, text in OF_DENSITIES.items()},
    **{word: ("statement", text) for word, text in STATEMENTS.items()},
}
"""Every such word: what it is, and what it means."""
