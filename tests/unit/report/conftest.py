"""Two experiments and their results, made by hand: no other room is needed to test this one."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.ir.experiment import (
    Check,
    Constant,
    DataDecl,
    Experiment,
    FieldDef,
    IndexDecl,
    InputDecl,
    LayerNode,
    LayerStack,
    Model,
    Observable,
    ParamDecl,
    Plot,
)
from nnspec.ir.expr import (
    Apply,
    Bin,
    Compare,
    Const,
    DataRef,
    Density,
    Domain,
    Dot,
    Input,
    Lit,
    Neg,
    Param,
    Reduce,
    ResultRef,
)
from nnspec.result.estimate import Estimate
from nnspec.result.provenance import Provenance, Timing
from nnspec.result.record import CheckRecord, RunRecord, summarise


def _bin(op, left, right):
    return Bin(op=op, left=left, right=right)


def _c(name):
    return Const(name=name)


def _n(value):
    return Lit(value=value)


def _f(fn, *args):
    return Apply(fn=fn, args=args)


def _below(left, right):
    return Compare(operands=(left, right), ops=("<",))


def _row(name, word, method, shape, dim, **more):
    empty = {"rule": "", "draws": None, "instead": [], "refusals": []}
    return (
        {"name": name, "word": word, "method": method, "backend": method, "dims": [dim], "shape": shape} | empty | more
    )


@pytest.fixture
def cosnet() -> Experiment:
    a, b, w = Param(name="a", indices=("i",)), Param(name="b", indices=("i",)), Param(name="w", indices=("i",))
    ball = Domain(shape="ball", dim=2, args=(_c("Lam"),))
    norm = _bin(
        "div",
        _bin("mul", _n(2), _f("vol", ball)),
        _bin("mul", _c("s2"), _bin("pow", _bin("mul", _n(2), _c("pi")), _c("d"))),
    )
    wave = _f("cos", _bin("add", Dot(left=w, right=Input(name="x")), b))
    term = _bin("div", _bin("mul", a, wave), _f("sqrt", _bin("add", Dot(left=w, right=w), _bin("pow", _c("m"), _n(2)))))
    body = _bin("mul", _f("sqrt", norm), Reduce(op="sum", axes=("i",), body=term))
    normal = Density(name="Normal", names=("mean", "variance"), args=(_n(0), _bin("div", _c("s2"), _c("N"))))
    uniform = Density(name="Uniform", names=("over",), args=(ball,))
    phase = Density(name="Uniform", names=("low", "high"), args=(Neg(arg=_c("pi")), _c("pi")))
    difference = _f("max", _f("abs", _bin("sub", ResultRef(name="G2"), ResultRef(name="Gfree"))))
    bound = _bin("mul", _n(5), _f("max", _f("se", ResultRef(name="G2"))))
    return Experiment(
        name="cosnet-free-scalar",
        doc="A cosine network whose two-point function is the free propagator\n1/(k^2 + m^2), cut off at |k| < Lam.",
        constants=tuple(
            Constant(name=name, value=value, static=static)
            for name, value, static in [
                ("d", 2, True),
                ("N", 1000, True),
                ("m", 1.0, False),
                ("Lam", 8.0, False),
                ("s2", 1, False),
            ]
        ),
        model=Model(
            inputs=(InputDecl(name="x", space=Domain(shape="reals", dim=2)),),
            indices=(IndexDecl(name="i", size=1000),),
            params=(
                ParamDecl(targets=("a",), indices=("i",), copies=(), density=normal),
                ParamDecl(targets=("w",), indices=("i",), copies=(), density=uniform),
                ParamDecl(targets=("b",), indices=("i",), copies=(), density=phase),
            ),
            fields=(FieldDef(name="phi", inputs=("x",), body=body),),
        ),
        data=(DataDecl(name="r", value=_f("linspace", _n(0), _n(4), _n(41)), shape=(41,)),),
        observables=(
            Observable(name="G2", word="correlator", options=(("n", 2), ("draws", 50000)), dims=("r",)),
            Observable(name="Gfree", word="evaluate", options=(), dims=("r",)),
            Observable(name="S", word="spectrum", options=(("modes", 64),), dims=("k",)),
        ),
        checks=(Check(that=_below(difference, bound), text="max(abs(G2 - Gfree)) < 5*max(se(G2))"),),
        plots=(Plot(name="propagator", word="lines", options=(("logy", True), ("x", "r"), ("y", ("G2", "Gfree")))),),
    )


@pytest.fixture
def cosnet_results() -> list[Estimate]:
    rng = np.random.default_rng(7)
    r, k = np.linspace(0, 4, 41), np.linspace(0.125, 8, 64)
    exact = 0.332 * np.exp(-r) * (1 + 0.3 * np.cos(8 * r) * np.exp(-0.5 * r)) - 0.002
    spread = 0.0009 + 0.0015 * np.exp(-r)
    spectrum = 1 / (k**2 + 1)
    wick = r"G^{(2)}(x, y) = \mathbb{E}_\theta\left[\phi(x)\, \phi(y)\right]"
    return [
        Estimate(
            name="G2",
            word="correlator",
            method="monte_carlo",
            value=exact + spread * rng.normal(size=41),
            dims=("r",),
            coords={"r": r},
            stderr=spread,
            draws=50_000,
            equation=wick,
            cite=("halverson2021", "chan1983", "efron1982"),
            backend="monte_carlo",
            plugin="nnspec-std",
        ),
        Estimate(
            name="Gfree",
            word="evaluate",
            method="quadrature",
            value=exact,
            dims=("r",),
            coords={"r": r},
            numerical_error=1e-12,
            backend="quadrature",
            plugin="nnspec-std",
            cite=("golub1969",),
            equation=r"G(x, y) = \int_{|k| < \Lambda} \frac{d^d k}{(2\pi)^d}\, \frac{\cos(k \cdot (x - y))}{k^2 + m^2}",
        ),
        Estimate(
            name="S",
            word="spectrum",
            method="monte_carlo",
            value=spectrum * (1 + 0.03 * rng.normal(size=64)),
            dims=("k",),
            coords={"k": k},
            stderr=0.03 * spectrum,
            draws=4_000,
            backend="monte_carlo",
            plugin="nnspec-std",
            cite=("harris1978", "welch1967"),
            warnings=("the window leaks 0.4% into the first mode",),
            equation=r"S(k) = \mathbb{E}_\theta \left| \hat\phi(k) \right|^2",
        ),
    ]


@pytest.fixture
def cosnet_record(cosnet, cosnet_results) -> RunRecord:
    return RunRecord(
        name=cosnet.name,
        digest="9f2c51e07a44" + "0" * 52,
        status="done",
        provenance=Provenance(
            digest="9f2c51e07a44" + "0" * 52,
            seed=0,
            nnspec="0.1.0",
            python="3.11.7",
            device="cpu",
            commit="1b2c3d4e5f60",
            plugins={"nnspec-std": "0.1.0"},
            libraries={"jax": "0.10.2", "numpy": "2.4.6"},
            platform={"system": "Linux", "machine": "x86_64", "processor": "a processor"},
            precision=("float32 inside a block of draws, float64 across blocks",),
            draws={"prior": 50_000},
            command_line=("nnspec", "run", "cosnet-free-scalar.yaml"),
            timing=Timing(start="2026-01-01T00:00:00Z", wall_seconds=12.5),
        ),
        plan=(
            _row(
                "G2",
                "correlator",
                "monte_carlo",
                [41],
                "r",
                draws=50_000,
                flops=3.1e11,
                bytes=2.4e7,
                error="0.3%",
                why="asked for 50000 draws",
                refusals=["analytic: the model is not `Stationary`"],
            ),
            _row(
                "Gfree",
                "evaluate",
                "quadrature",
                [41],
                "r",
                flops=4.0e6,
                bytes=1.1e5,
                error="1e-12",
                why="an integral over a ball",
                instead=["monte_carlo/monte_carlo"],
            ),
            _row(
                "S",
                "spectrum",
                "monte_carlo",
                [64],
                "k",
                draws=4_000,
                flops=2.0e10,
                bytes=6.1e6,
                error="2%",
                why="asked for 4000 draws",
            ),
        ),
        checks=(
            CheckRecord(
                text="max(abs(G2 - Gfree)) < 5*max(se(G2))", passed=True, left=0.00391, right=0.012, detail="at r = 0.3"
            ),
        ),
        citations=("halverson2021", "golub1969", "chan1983", "efron1982", "harris1978", "welch1967"),
        estimates=summarise(cosnet_results),
    )


@pytest.fixture
def relu() -> Experiment:
    def law(variance):
        return Density(name="Normal", names=("mean", "variance"), args=(_n(0), variance))

    dense = LayerNode(name="dense", options=(("bias", law(_c("sb2"))), ("weight", law(_c("sw2"))), ("width", 512)))
    act = LayerNode(name="act", options=(("function", ("relu", ())),))
    last = LayerNode(name="dense", options=(("weight", law(_n(1))), ("width", 1)))
    return Experiment(
        name="relu-mlp-kernels",
        doc="Deep ReLU network. Infinite-width NNGP and NTK against finite-width Monte Carlo.",
        constants=tuple(
            Constant(name=name, value=value, static=static)
            for name, value, static in [
                ("d", 10, True),
                ("n", 512, True),
                ("depth", 3, True),
                ("sw2", 2, False),
                ("sb2", 0.1, False),
            ]
        ),
        model=Model(
            inputs=(InputDecl(name="x", space=Domain(shape="reals", dim=10)),),
            stack=LayerStack(input="x", layers=(*([dense, act] * 3), last), parameterization="ntk"),
        ),
        data=(DataDecl(name="xs", value=_f("circle", _c("d"), _n(33)), shape=(33, 10)),),
        observables=(
            Observable(name="K", word="nngp", options=(("at", DataRef(name="xs")),), dims=("point", "point_2")),
            Observable(name="Theta", word="ntk", options=(("at", DataRef(name="xs")),), dims=("point", "point_2")),
        ),
        checks=(
            Check(
                that=_below(_f("max", ResultRef(name="K_mc")), _n(1)), text="max(abs(Theta_mc - Theta)/Theta) < 0.15"
            ),
        ),
    )


@pytest.fixture
def relu_results() -> list[Estimate]:
    rng = np.random.default_rng(3)
    angle = np.linspace(0, np.pi, 33)
    points = np.stack([np.cos(angle), np.sin(angle), *np.zeros((8, 33))], axis=1)
    q = points @ points.T
    kernel = 0.4 + 0.2 * np.exp(1.2 * (q - 1))
    spread = np.full_like(kernel, 0.004)
    at = {"point": points, "point_2": points}
    shared = {"word": "nngp", "dims": ("point", "point_2"), "coords": at, "plugin": "nnspec-std"}
    noise = rng.normal(size=kernel.shape)
    noise = (noise + noise.T) / np.sqrt(2)
    recursion = r"K^{(\ell+1)} = \sigma_b^2 + \sigma_w^2\, T\left(K^{(\ell)}\right)"
    return [
        Estimate(
            name="K",
            method="closed_form",
            value=kernel,
            equation=recursion,
            cite=("lee2018", "chosaul2009"),
            backend="analytic",
            **shared,
        ),
        Estimate(
            name="Theta",
            method="closed_form",
            value=3 * kernel * (0.5 + 0.5 * q),
            cite=("jacot2018",),
            backend="analytic",
            equation=r"\Theta(x, y) = \mathbb{E}_\theta \sum_\mu \partial_\mu f(x)\, \partial_\mu f(y)",
            **(shared | {"word": "ntk"}),
        ),
        Estimate(
            name="K_mc",
            method="monte_carlo",
            value=kernel + spread * noise,
            stderr=spread,
            draws=20_000,
            backend="monte_carlo",
            equation=r"K(x, y) = \mathbb{E}_\theta\left[ f(x) f(y) \right]",
            **(shared | {"word": "correlator"}),
        ),
    ]
