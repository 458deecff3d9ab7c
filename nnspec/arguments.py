"""What may be typed behind `nnspec`: verbs, their arguments, and what each is for."""

from __future__ import annotations

import argparse
from typing import Any, TypeAlias

Arguments: TypeAlias = argparse.Namespace
EMIT = ("tree", "ast", "ir", "forms", "plan", "formula", "latex", "jaxpr", "schema")
EXPORTS = {
    "csv": "one row for each entry: where it lies, value, stderr, numerical_error",
    "npz": "NumPy arrays: NAME, NAME_stderr, coordinates; needs -o",
    "tex": "tables for LaTeX with booktabs: 0.53265(12)",
    "json": "nested lists over named dimensions",
}
OF_PARTS = ("tree", "ast", "ir", "latex")


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; `verb` of what it gives is the name of the command."""
    root = argparse.ArgumentParser(
        prog="nnspec", description="Neural networks as field theories, computable from a text file.",
        epilog="exit status: 0 done, 1 errors in the spec, 2 wrong command, 3 a check failed, 4 computing failed, "
        "5 some points of a sweep failed",
    )  # fmt: skip
    root.add_argument("--version", action="version", version=f"nnspec {_version()}")
    verbs = root.add_subparsers(metavar="VERB")
    run = _verb(verbs, "run", "compute a spec, judge its checks, write a run folder", reads=True)
    run.add_argument("specs", nargs="+", metavar="SPEC")
    run.add_argument("--out", metavar="DIR", help="where run folders go (default: `output.folder` of the spec, or runs)")
    run.add_argument("--seed", type=int, metavar="N", help="the same as --set numerics.seed=N")
    run.add_argument("--only", metavar="NAME,…", help="some of the observables, as in --only G2,S")
    failing = run.add_mutually_exclusive_group()
    failing.add_argument("--fail-fast", action="store_true", help="a sweep ends at the first point that fails")
    failing.add_argument("--keep-going", action="store_true", help="a sweep computes all points that it can (default)")
    run.add_argument("--workers", type=int, metavar="N", help="points of a sweep at once; the same as --set sweep.workers=N")
    run.add_argument("--dry-run", action="store_true", help="print the plan and stop")
    run.add_argument("--force", action="store_true", help="compute again what is there; the old run is kept beside it")
    run.add_argument("--memory", type=_size, metavar="SIZE", help="limit, as in 8GiB (default: 4GiB)")
    run.add_argument("--no-plots", action="store_true", help="no pictures; `nnspec plot RUN` draws them later")
    run.add_argument("--json", action="store_true", help="what happens, one JSON object a line (`nnspec doc events`)")
    run.add_argument("-q", "--quiet", action="store_true", help="no progress and no tables: warnings, errors, the run folder")
    run.add_argument("--host", action="store_true", help="write the name of this host into the record")
    check = _verb(verbs, "check", "say what is wrong with specs, without computing anything", reads=True)
    check.add_argument("specs", nargs="+", metavar="SPEC")
    check.add_argument("--format", choices=("text", "json", "github", "sarif"), default="text",
                       help="for people (default), or for machines, on standard output")  # fmt: skip
    check.add_argument("--strict", action="store_true", help="warnings are errors")
    check.add_argument("--fix", action="store_true", help="first apply the fixes that are certain, and say which")
    check.add_argument("--color", choices=("auto", "always", "never"), default="auto",
                       help="auto: on terminals, unless the environment says otherwise (NO_COLOR, FORCE_COLOR)")  # fmt: skip
    explain = _verb(verbs, "explain", "explain an error code, or show what a spec means", reads=True)
    explain.add_argument("what", metavar="CODE|SPEC")
    explain.add_argument("path", nargs="?", metavar="PATH", help="a part of the spec, as in model.layers[0].dense")
    explain.add_argument("--emit", choices=EMIT, help="what to show of a spec (default: plan; with PATH: tree)")
    show = _verb(verbs, "show", "tables of the results in a run folder")
    show.add_argument("runs", nargs="+", metavar="RUN")
    _export_verb(verbs)
    plot = _verb(verbs, "plot", "draw the plots of a run again, from its folder alone")
    plot.add_argument("run", metavar="RUN", help="the folder of a run or of a sweep")
    plot.add_argument("name", nargs="?", metavar="NAME", help="one plot (default: all of them)")
    plot.add_argument("--format", action="append", choices=("pdf", "png", "svg"), help="may be given several times (default: all)")
    report = _verb(verbs, "report", "make the page of a run again, from its folder alone")
    report.add_argument("run", metavar="RUN", help="the folder of a run or of a sweep")
    for each, where in ((plot, "plots/ in the run folder"), (report, "report.html in the run folder")):
        each.add_argument("-o", "--out", metavar="FILE", help=f"where it is written (default: {where})")
        each.add_argument("--force", action="store_true", help="write over FILE where it is there")
    doc = _verb(verbs, "doc", "explain a word: an observable, a density, a layer, a function, a key")
    doc.add_argument("word", nargs="?", metavar="NAME")
    plugins = _verb(verbs, "plugins", "list plugins and the words they teach")
    plugins.add_argument("--json", action="store_true")
    _edit_verbs(verbs)
    _verb(verbs, "schema", "JSON Schema of specs with the installed words, for editors")
    _verb(verbs, "lsp", "language server for editors, on standard input and output")
    _house_verbs(verbs)
    return root


def _house_verbs(verbs: Any) -> None:
    doctor = _verb(verbs, "doctor", "see whether nnspec works here, with a small run; exit status 1 when it does not")
    doctor.add_argument("--json", action="store_true")
    cache = _verb(verbs, "cache", "what nnspec keeps to spare work: compiled programs, and shards of runs")
    actions = cache.add_subparsers(metavar="ls|clear", dest="action", required=True)
    listing = actions.add_parser("ls", help="what there is, how much it is, and when it was used")
    clear = actions.add_parser("clear", help="remove it; runs compute again what they need")
    for each in (listing, clear):
        each.add_argument("--xla", action="store_true", help="compiled programs alone")
        each.add_argument("--shards", action="store_true", help="shards alone")
    listing.add_argument("--json", action="store_true")
    clear.add_argument("--older-than", type=_age, metavar="TIME", help="what was not used for so long, as in 30d, 12h or 2w")


def _export_verb(verbs: Any) -> None:
    export = _verb(verbs, "export", "results of a run or a sweep for other programs, on standard output or in a file")
    export.add_argument("run", metavar="RUN", help="a run folder, as `nnspec run` prints it")
    export.add_argument("names", nargs="*", metavar="NAME", help="results (default: all of them)")
    form = export.add_mutually_exclusive_group(required=True)
    for name, text in EXPORTS.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=text)
    export.add_argument("-o", "--output", metavar="FILE", help="where it is written; a file that is there is kept")
    export.add_argument("--force", action="store_true", help="overwrite FILE")


def _edit_verbs(verbs: Any) -> None:
    fmt = _verb(verbs, "fmt", "space formulas in one way; nothing else in the file is touched")
    fmt.add_argument("specs", nargs="+", metavar="SPEC")
    fmt.add_argument("--check", action="store_true", help="write nothing; exit status 1 when something would change")
    fmt.add_argument("--diff", action="store_true", help="write nothing; print what would change")
    spelling = fmt.add_mutually_exclusive_group()
    spelling.add_argument("--unicode", dest="spelling", action="store_const", const="unicode", help="write σ_w², ≤, ·")
    spelling.add_argument("--ascii", dest="spelling", action="store_const", const="ascii", help="write sigma_w^2, <=, .")
    fmt.add_argument("--style", choices=("tree", "block"), help="write the model as a mapping, or as `model: |`")
    diff = _verb(verbs, "diff", "what two specs mean differently, or how far apart two runs are")
    diff.add_argument("a", metavar="A", help="a spec or a run folder")
    diff.add_argument("b", metavar="B", help="another one")
    diff.add_argument("--json", action="store_true")
    new = _verb(verbs, "new", "write a small working file to begin with")
    new.add_argument("thing", choices=("spec", "activation", "density", "observable", "backend", "plugin"))
    new.add_argument("name", metavar="NAME")
    new.add_argument("--out", default=".", metavar="DIR", help="where it is written (default: here)")
    completion = _verb(verbs, "completion", "script that completes nnspec commands in a shell")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))


def _verb(verbs: Any, name: str, text: str, *, reads: bool = False) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.add_argument("--plugin-file", action="append", default=[], metavar="FILE", help="load a plugin from a file")
    parser.add_argument("--no-plugins", action="store_true", help="built-in plugins only")
    if reads:
        parser.add_argument("--set", action="append", default=[], type=_change, metavar="PATH=VALUE",
                            help="another value in the spec, as in --set let.N=64; may be given several times")  # fmt: skip
        parser.add_argument("--allow-path", action="append", default=[], metavar="DIR",
                            help="a folder from which an extended spec may be read, besides that of the spec")  # fmt: skip
    parser.set_defaults(verb=name)
    return parser


def _version() -> str:
    import nnspec

    return nnspec.__version__


def _change(text: str) -> tuple[str, str]:
    path, sign, value = text.partition("=")
    if not sign or not path:
        msg = f"'{text}' is no change; write it like let.N=64"
        raise argparse.ArgumentTypeError(msg)
    return path.strip(), value


def _age(text: str) -> float:
    units = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
    number = text[:-1].strip()
    if text[-1:] in units and number.replace(".", "", 1).isdecimal():
        return float(number) * units[text[-1]]
    msg = f"'{text}' is no length of time; write it like 30d, 12h or 2w"
    raise argparse.ArgumentTypeError(msg)


def _size(text: str) -> float:
    units = {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "KB": 1e3, "MB": 1e6, "GB": 1e9, "B": 1}
    for unit, factor in units.items():
        number = text[: -len(unit)].strip()
        if text.upper().endswith(unit) and number.replace(".", "", 1).isdecimal():
            return float(number) * factor
    msg = f"'{text}' is not a size; write it like 8GiB"
    raise argparse.ArgumentTypeError(msg)
