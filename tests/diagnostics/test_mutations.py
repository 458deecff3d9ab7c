"""Whatever is done to a good spec, `check` gives a meaning or complaints: never another exception, never after long.

The edits have fixed seeds: a failure prints the text that shows it again.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnspec.stages import loads
from nnspec.syntax.tree import Leaf, Mapping, Node, Sequence
from nnspec.syntax.yaml_tree import read_source, read_text
from nnspec.text.diagnostic import SpecError, render_all, to_json
from nnspec.text.machine import github, sarif

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
LONGEST = 20.0  # seconds of this process: what hangs or explodes takes longer; a check takes a hundredth of one
ALPHABET = "abx01 \t\n:#,.()[]{}\"'|>*&!%@`^+-/=~?\\;é四\u0301\ufeff\x00λ²φϕ"
WORDS = (
    "sum_i x a[i] phi 1e400 -1 0 N 9^9^9^9 1/0 null yes [] {} pi E inf not in if else R^d normal true at xs (x) x[0] "
    "w[i].x :: - '' | σ i 1..N Uniform max G2 K se(G2) E[x] integral d R linspace(0,1,3) Normal(0,1) Ball(d,L) ~ *= P "
    "E[phi(x)] cumulant(phi(x),phi(x)) d(phi(x),x[1]) phi[1](x) (a[i],b[i]) truncate Density deform extends drop sweep "
    "grid zip let.N let.n along fit field hmc table(x=xs,y=x) sample slope where= over= agree argmin plugins undeformed"
).split()
VALUES = [
    *"[] {} null '' 1e400 -1 0 2.5 1e12 -3 nan inf -inf φ ϕ pi E R __class__ [1,2] [[1,2],[3]] [[[1]]] {a:1} true yes".split(),
    "9^9^9^9", "10^10^10", "1/0", "0^-1", "(-1)^0.5", "170!", "171!", "(-1)!", "4!!!!", "1e308*10", "inf - inf", "10^400",
    "floor(inf)", "mod(1, 0)", "log(0)", "exp(1e5)", "min(1 < 2)", "max()", "max(3)", "where(1, 2, 3)", "'\"a\" < 1'",
    "[1, 2] if N else 1", "'[1, 2].[1, 2]'", "'[1, 2][3]'", "'(1, 2)'", "sum_i 1", "mean(N)", "sum(3)", "se(1)", "norm(x)",
    "phi(x)", "phi", "f(x, x)", "E[x]", "x[1] + 1", "xs[1]", "vol(R^2)", "vol(Ball(400, 1))", "Ball(2, 1) + 1", "R^0",
    "R^-1", "R^2.5", "R^1e12", "Box(0, 1)^1e6", "Ball(2, 1)", "integral(k, k in Ball(2, 1))", "integral(1, k in R)",
    "Normal(0, 1)", "Normal(0, inf)", "Normal(0, 1e-400)", "Normal(0, std=-1)", "Normal(0, std=1e200)", "Normal(0, 1, 2)",
    "Normal(0, x)", "Normal(0, a[i])", "Normal(0, i)", "Uniform(pi, -pi)", "Uniform(-inf, inf)", "Uniform(R^2)",
    "Uniform(Ball(d, 0))", "Uniform(Interval(1, 0))", "linspace(0, 1, 1e12)", "linspace(0, inf, 3)", "circle(1, 3)", "017",
    "0.3*Normal(-1, 1) + 0.7*Normal(1, 1)", "0.3*Normal(-1, 1) + Normal(1, x)", "Normal(0, 1)*Normal(0, 1)", "-Normal(0, 1)",
    "Normal(0, 1)^2", "Normal(0, 1)^1e9", "Normal(0, 1)^-1", "Normal(0, 1)*f", "Normal(0, 1)*exp(-a[i]^4)", "f*Normal(0, a[i])",
    "Normal(0, 1)/a[i]", "Normal(0, 1) - 1", "Normal(0, 1)*0", "MvNormal([0, 0], [[1, 2], [2, 1]])", "MvNormal(0, 1)",
    "Density(u, u in Interval(1, -1))", "Density(1/u, u in Interval(-1, 1))", "Density(exp(-u^4), u in R)", "Density(-u^2, u in R)",
    "Density(u.u, u in Ball(2, 1))", "Density(phi(x), u in R)", "Density(E[u], u in R)", "truncate(Normal(0, 1), Interval(1, 0))",
    "truncate(truncate(Normal(0, 1), R), Ball(2, 1))", "truncate(Uniform(Ball(2, 1)), Ball(2, 0))", "phi(phi(x))", "phi(x, x)",
    "'phi[1](x)'", "'phi[i](x)'", "'phi[0]'", "E[phi(x)]", "E[E[phi(x)]]", "'E[phi(x), 1]'", "cumulant()", "cumulant(1)",
    "cumulant(phi(x), phi(x))", "d(phi(x), x)", "'d(phi(x), x[1])'", "'d(phi(x), x[9])'", "d(d(x, x), x)", "d(1)", "d()",
    "exp(-integral(phi^4, y in Box(-1, 1)^2))", "integral(phi(y), y in R)", "integral(E[phi(y)], y in Interval(-1, 1))",
    "table(x=xs, y=x)", "table(xs)", "table(x=circle(2, 3), y=sin(angle))", "sample(Box(-1, 1)^2, 3, seed=-1, y=f)",
    "sample(R, 3)", "grid(Ball(2, 1), 1e9)", "geomspace(0, 1, 3)", "geomspace(1, -1, 3)", "teacher(d, 1e12)", "corners(40, 1)",
    "normal(d, 5, seed=x)", "slope(G2)", "slope(N, G2, where=\"x\")", "'slope(log(N), log(max(G2)), where=1)'", "spread(G2)",
    "argmin(G2)", "'argmin(G2, over=\"let.N\", by=\"let.N\")'", "'mean(G2, \"point\")'", "relative_change(G2)", "agree(G2, G2)",
    "agree(G2, 1, false_alarm=2)", "{grid: {let.N: [1, 2]}}", "{grid: {let.N: 3}}", "{grid: {a.b: []}, zip: {c: [1]}}", "{zip: 1}",
    "{grid: {x[9]: [1]}}", "let.N", "model.layers[0]", "[let, model.def]", "{hmc: {}}", "{hmc: {chains: 0}}", "{train: {}}",
    "{diagnostics: {}}", "{symmetry: {of: []}}", "{sgd: {lr: -1}}", "{gauss_legendre: {order: 1e9}}", "../x.yaml", "x.yaml",
    ">=1", "\"==*\"", "{folder: /}", "{nnspec-kan: \">=0\"}", "{a: [1, 0, 1], b: x, c: 1}",
    "0x10", "1_000", ".5", "5.", "1..3", "\U0001f600", "\u202e", "a\u0301", "9" * 400, "9" * 5000, "(" * 150 + "1" + ")" * 150,
    "-" * 190 + "1", "1" + "+1" * 199, "1" + "+1" * 3000, "x" * 1000,
]  # fmt: skip


def try_it(text: str, path: Path = SPECS[0]) -> None:
    """Check a text as if it stood in the file at `path`, and print what is said about it in all forms."""
    start = time.process_time()
    try:
        loads(text, str(path)).check()
    except SpecError as error:
        render_all(error.diagnostics, color=True, width=80)
        render_all(error.diagnostics, width=30)
        sarif(error.diagnostics, (), "0")
        for each in error.diagnostics:
            to_json(each)
            github(each, ())
    except Exception as error:
        pytest.fail(f"{type(error).__name__}: {error}\n{text[:4000]}")
    seconds = time.process_time() - start
    assert seconds < LONGEST, text[:4000]


# ---------------------------------------------------------------- the text
def edited(text: str, chance: random.Random) -> str:
    """One edit of characters, lines, indentation or words."""
    place = chance.randrange(len(text))
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(8):
        case 0:
            return text[:place] + text[place + 1 :]
        case 1:
            return text[:place] + chance.choice(ALPHABET) + text[place + chance.randrange(2) :]
        case 2:
            del lines[one]
        case 3:
            lines[one], lines[other] = lines[other], lines[one]
        case 4:
            lines.insert(one, lines[other])
        case 5:
            lines[one] = " " * chance.randrange(6) + lines[one].strip()
        case _:
            words = list(re.finditer(r"[\w.]+|[^\w\s]", text))
            word = chance.choice(words)
            new = chance.choice(WORDS) if chance.random() < 0.5 else chance.choice(words)[0]
            return text[: word.start()] + new + text[word.end() :]
    return "\n".join(lines)


def edit_many(path: Path, count: int) -> None:
    text, chance = read_source(path).text, random.Random(f"{path.stem} {count}")
    for _ in range(count):
        once = edited(text, chance)
        try_it(edited(once, chance) if once and chance.random() < 0.3 else once, path)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_edits_of_the_text(path: Path) -> None:
    edit_many(path, 100)


@pytest.mark.slow
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_many_edits_of_the_text(path: Path) -> None:
    edit_many(path, 5_000)


# ---------------------------------------------------------------- the tree
def nodes(node: Node) -> Iterator[Node]:
    """Every key and every value, whole collections included."""
    match node:
        case Mapping(entries=entries):
            for entry in entries:
                yield entry.key
                yield entry.value
                yield from nodes(entry.value)
        case Sequence(items=items):
            for item in items:
                yield item
                yield from nodes(item)


def replaced(text: str, node: Node, value: str) -> str:
    end = "\n" if isinstance(node, Leaf) and node.style in ("literal", "folded") else ""
    return text[: node.span.start] + value + end + text[node.span.end :]


def places(path: Path) -> list[tuple[str, Node, str]]:
    text = read_source(path).text
    return [(text, node, value) for node in nodes(read_text(text)) for value in VALUES]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_other_values_anywhere(path: Path) -> None:
    for place in random.Random(path.stem).sample(places(path), 100):
        try_it(replaced(*place), path)


@pytest.mark.slow
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_other_value_everywhere(path: Path) -> None:
    for place in places(path):
        try_it(replaced(*place), path)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_entries_gone_or_given_twice(path: Path) -> None:
    text = read_source(path).text
    todo: list[Node] = [read_text(text)]
    while todo:
        node = todo.pop()
        children = node.items if isinstance(node, Sequence) else ()
        if isinstance(node, Mapping):
            children = tuple(entry.value for entry in node.entries)
            for entry in node.entries:
                start, end = entry.key.span.start, entry.value.span.end
                try_it(text[:start] + text[end:], path)
                try_it(text[:end] + ", " + text[start:end] + text[end:], path)
                column = start - text.rfind("\n", 0, start) - 1
                try_it(text[:end] + "\n" + " " * column + text[start:end] + text[end:], path)
        todo += children


# ---------------------------------------------------------------- hard cases
BASE = """\
nnspec: 1
name: hard
let: {{{let}}}
functions: {{{functions}}}
model:
  inputs: {{x: R^2}}
  indices: {{i: 3}}
  params: {{"a[i]": "Normal(0, 1)"}}
  field: phi(x)
  def: sum_i a[i]*({body})
observables: {{G2: {{correlator: {{n: 2, at: [[0, 1]]}}}}}}
"""
CHAIN = ", ".join(f'"f{k}(u)": f{k + 1}(u)' for k in range(400)) + ', "f400(u)": u'
TREE = ", ".join(f'"f{k}(u)": f{k + 1}(u) + f{k + 1}(u)' for k in range(40)) + ', "f40(u)": u'


@pytest.mark.parametrize(
    ("let", "functions", "body"),
    [
        (", ".join(f"c{k}: c{k + 1}" for k in range(3000)) + ", c3000: 1", "", "c0"),
        (", ".join(f"c{k}: c{(k + 1) % 3000}" for k in range(3000)), "", "c0"),
        (", ".join(f"c{k}: c{k}" for k in range(500)), "", "1"),
        ("m: 1", CHAIN, "f0(x[1])"),
        ("m: 1", TREE, "f0(x[1])"),
        ("m: 1", '"f(u)": u', "f(" * 150 + "x[1]" + ")" * 150),
        ("m: 1", '"f(u)": g(u), "g(u)": f(u)', "f(x[1])"),
        ("m: 1", "", "sin(" * 190 + "x[1]" + ")" * 190),
        ("m: 1", "", "x[1]" + " + x[1]" * 190),
        ("m: 1", "", "(1 if x[1] > 0 else " * 150 + "0" + ")" * 150),
        ("m: 1", "", '"text"'),
        ("m: 1", '"f(u)": u + m', "integral(vol(Ball(2, f(1)))*m, m in Interval(0, 1))"),
        ("m: -1", '"f(u)": sqrt(m)*u', "integral(f(1)*m, m in Interval(0, f(2)))"),
        ("m: 1", "", "integral(integral(y.y*z, y in Ball(2, z)), z in Interval(0, 1))"),
    ],
)  # fmt: skip
def test_long_chains_and_deep_nests(let: str, functions: str, body: str) -> None:
    try_it(BASE.format(let=let, functions=functions, body=body))
