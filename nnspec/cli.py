"""The command line: each verb is a few lines over `nnspec.stages`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnspec.stages import Run, Spec
    from nnspec.text.diagnostic import Diagnostic
    from nnspec.text.terminal import Manner

DONE, WRONG_SPEC, WRONG_COMMAND, CHECK_FAILED, NOT_COMPUTED, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130
EMIT = ("tree", "ast", "ir", "forms", "plan", "formula", "latex", "jaxpr", "schema")
OF_PARTS = ("tree", "ast", "ir", "latex")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the return value is the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser().parse_args(words)
    if not hasattr(args, "verb"):
        _parser().print_help()
        return WRONG_COMMAND
    args.command_line = tuple(words)
    try:
        return int(args.verb(args))
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:  # the last net: whatever gets here is our fault, or a known refusal
        return _fault(error, args)


def _fault(error: Exception, args: argparse.Namespace) -> int:
    from nnspec import faults

    return faults.report(error, _manner(args))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nnspec", description="Neural networks as field theories, computable from a text file.",
        epilog="exit status: 0 done, 1 errors in the spec, 2 wrong command, 3 a check failed, 4 computing failed",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"nnspec {_version()}")
    verbs = parser.add_subparsers(metavar="VERB")
    run = _verb(verbs, "run", _run, "compute a spec, judge its checks, write a run folder")
    run.add_argument("specs", nargs="+", metavar="SPEC")
    run.add_argument("--out", default="runs", metavar="DIR", help="where run folders go (default: runs)")
    run.add_argument("--dry-run", action="store_true", help="print the plan and stop")
    run.add_argument("--force", action="store_true", help="compute again what is there; the old run is kept beside it")
    run.add_argument("--memory", type=_size, metavar="SIZE", help="limit, as in 8GiB (default: 4GiB)")
    run.add_argument("--host", action="store_true", help="write the name of this host into the record")
    check = _verb(verbs, "check", _check, "say what is wrong with specs, without computing anything")
    check.add_argument("specs", nargs="+", metavar="SPEC")
    check.add_argument("--format", choices=("text", "json", "github", "sarif"), default="text",
                       help="for people (default), or for machines, on standard output")  # fmt: skip
    check.add_argument("--strict", action="store_true", help="warnings are errors")
    check.add_argument("--fix", action="store_true", help="first apply the fixes that are certain, and say which")
    check.add_argument("--color", choices=("auto", "always", "never"), default="auto",
                       help="auto: on terminals, unless the environment says otherwise (NO_COLOR, FORCE_COLOR)")  # fmt: skip
    explain = _verb(verbs, "explain", _explain, "explain an error code, or show what a spec means")
    explain.add_argument("what", metavar="CODE|SPEC")
    explain.add_argument("path", nargs="?", metavar="PATH", help="a part of the spec, as in model.layers[0].dense")
    explain.add_argument("--emit", choices=EMIT, help="what to show of a spec (default: plan; with PATH: tree)")
    show = _verb(verbs, "show", _show, "tables of the results in a run folder")
    show.add_argument("runs", nargs="+", metavar="RUN")
    doc = _verb(verbs, "doc", _doc, "explain a word: an observable, a density, a layer, a function, a key")
    doc.add_argument("word", nargs="?", metavar="NAME")
    plugins = _verb(verbs, "plugins", _plugins, "list plugins and the words they teach")
    plugins.add_argument("--json", action="store_true")
    _edit_verbs(verbs)
    _verb(verbs, "schema", _schema, "JSON Schema of specs with the installed words, for editors")
    _verb(verbs, "lsp", _lsp, "language server for editors, on standard input and output")
    return parser


def _edit_verbs(verbs: Any) -> None:
    fmt = _verb(verbs, "fmt", _fmt, "space formulas in one way; nothing else in the file is touched")
    fmt.add_argument("specs", nargs="+", metavar="SPEC")
    fmt.add_argument("--check", action="store_true", help="write nothing; exit status 1 when something would change")
    fmt.add_argument("--diff", action="store_true", help="write nothing; print what would change")
    spelling = fmt.add_mutually_exclusive_group()
    spelling.add_argument("--unicode", dest="spelling", action="store_const", const="unicode", help="write σ_w², ≤, ·")
    spelling.add_argument("--ascii", dest="spelling", action="store_const", const="ascii", help="write sigma_w^2, <=, .")
    fmt.add_argument("--style", choices=("tree", "block"), help="write the model as a mapping, or as `model: |`")
    diff = _verb(verbs, "diff", _diff, "what two specs mean differently, or how far apart two runs are")
    diff.add_argument("a", metavar="A", help="a spec or a run folder")
    diff.add_argument("b", metavar="B", help="another one")
    diff.add_argument("--json", action="store_true")
    new = _verb(verbs, "new", _new, "write a small working file to begin with")
    new.add_argument("thing", choices=("spec", "activation", "density", "observable", "plugin"))
    new.add_argument("name", metavar="NAME")
    new.add_argument("--out", default=".", metavar="DIR", help="where it is written (default: here)")
    completion = _verb(verbs, "completion", _completion, "script that completes nnspec commands in a shell")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))


def _verb(verbs: Any, name: str, action: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.add_argument("--plugin-file", action="append", default=[], metavar="FILE", help="load a plugin from a file")
    parser.add_argument("--no-plugins", action="store_true", help="built-in plugins only")
    parser.set_defaults(verb=action)
    return parser


def _version() -> str:
    import nnspec

    return nnspec.__version__


def _size(text: str) -> float:
    units = {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "KB": 1e3, "MB": 1e6, "GB": 1e9, "B": 1}
    for unit, factor in units.items():
        number = text[: -len(unit)].strip()
        if text.upper().endswith(unit) and number.replace(".", "", 1).isdecimal():
            return float(number) * factor
    msg = f"'{text}' is not a size; write it like 8GiB"
    raise argparse.ArgumentTypeError(msg)


def _manner(args: argparse.Namespace) -> Manner:
    from nnspec.text.terminal import manner

    return manner(sys.stderr, getattr(args, "color", "auto"))


def _load(path: str, args: argparse.Namespace) -> Spec:
    from nnspec.stages import load

    return load(path, plugin_files=tuple(args.plugin_file), no_plugins=args.no_plugins)


# ---------------------------------------------------------------- verbs
def _run(args: argparse.Namespace) -> int:
    return max(_run_one(path, args) for path in args.specs)


def _run_one(path: str, args: argparse.Namespace) -> int:
    from nnspec.plan.show import table
    from nnspec.report.progress import display
    from nnspec.stages import run

    checked = _load(path, args).check()
    _tell(checked.warnings, args)
    if args.dry_run:
        print(table(checked.plan))
        return DONE
    with display(checked.experiment.name, sys.stderr) as report:
        done = run(
            checked, Path(args.out), force=args.force, memory=args.memory, cache=_cache(), report=report,
            command_line=args.command_line, host=_host() if args.host else None,
        )  # fmt: skip
    _print_run(done)
    _tell(done.failed, args)
    return CHECK_FAILED if done.record.status == "check failed" else DONE


def _check(args: argparse.Namespace) -> int:
    mended = [_mend_one(path, args) for path in args.specs] if args.fix else []
    checked = [_check_one(path, args) for path in args.specs]
    if args.format == "sarif":  # one document for all of them
        import json

        from nnspec.text.machine import sarif

        found = (each for _, complaints in checked for each in complaints)
        print(json.dumps(sarif(found, args.specs, _version()), indent=1, ensure_ascii=False))
    return max([*mended, *(status for status, _ in checked)])


def _mend_one(path: str, args: argparse.Namespace) -> int:
    from nnspec.stages import mend
    from nnspec.text.diagnostic import SpecError

    try:
        mended = mend(path, plugin_files=tuple(args.plugin_file), no_plugins=args.no_plugins)
    except SpecError:
        return DONE  # the check behind it says why
    except Exception as error:  # the files behind this one have their turn
        return _fault(error, args)
    if mended.lines():
        print("\n".join(mended.lines()), file=sys.stdout if args.format == "text" else sys.stderr)
    return DONE


def _check_one(path: str, args: argparse.Namespace) -> tuple[int, Sequence[Diagnostic]]:
    from nnspec.text.diagnostic import SpecError

    try:
        complaints: Sequence[Diagnostic] = _load(path, args).check().warnings
        wrong = args.strict and bool(complaints)
    except SpecError as error:
        complaints, wrong = error.diagnostics, True
    except Exception as error:  # the files behind this one have their turn
        return _fault(error, args), ()
    if args.format == "text":
        _tell(complaints, args)
        if not wrong:
            print(f"{path}: ok")
    elif args.format != "sarif":
        _print_for_machines(complaints, args)
    return WRONG_SPEC if wrong else DONE, complaints


def _print_for_machines(complaints: Sequence[Diagnostic], args: argparse.Namespace) -> None:
    import json

    from nnspec.text.diagnostic import to_json
    from nnspec.text.machine import github

    for each in complaints:
        print(github(each, args.specs) if args.format == "github" else json.dumps(to_json(each), ensure_ascii=False))


def _explain(args: argparse.Namespace) -> int:
    from nnspec.report.explain import code_page, emit

    page = code_page(args.what)
    if page is not None:
        print(page)
        return DONE
    if not Path(args.what).exists():
        print(f"'{args.what}' is neither an error code, as in `nnspec explain NN301`, nor a file", file=sys.stderr)
        return WRONG_COMMAND
    level = args.emit or ("tree" if args.path else "plan")
    if args.path and level not in OF_PARTS:
        print(f"a path goes with --emit {', '.join(OF_PARTS)}; `{level}` is about the whole spec", file=sys.stderr)
        return WRONG_COMMAND
    if level == "schema":
        return _schema(args)
    spec = _load(args.what, args)
    print(_formula(args.what, spec) if level == "formula" else emit(spec.check(), level, args.path or ""))
    return DONE


def _formula(path: str, spec: Spec) -> str:
    from nnspec.stages import formula

    written = formula(spec)
    if written.note:
        print(f"{path}: {written.note}", file=sys.stderr)
    return written.text.rstrip("\n")


def _show(args: argparse.Namespace) -> int:
    from nnspec.stages import open_run

    for path in args.runs:
        _print_run(open_run(path))
    return DONE


def _doc(args: argparse.Namespace) -> int:
    from nnspec.plugin.vocabulary import load_vocabulary
    from nnspec.report.words import describe

    words = load_vocabulary(tuple(args.plugin_file), args.no_plugins)
    text = describe(args.word, words)
    if text is None:
        print(f"nothing is called '{args.word}'; `nnspec doc` lists all words", file=sys.stderr)
        return WRONG_COMMAND
    print(text)
    return DONE


def _plugins(args: argparse.Namespace) -> int:
    from nnspec.plugin.vocabulary import load_vocabulary
    from nnspec.report.words import listing

    words = load_vocabulary(tuple(args.plugin_file), args.no_plugins)
    print(listing(words, as_json=args.json))
    _tell(words.problems, args)
    return DONE


def _schema(args: argparse.Namespace) -> int:
    import json

    from nnspec.plugin.vocabulary import load_vocabulary
    from nnspec.stages import schema

    print(json.dumps(schema(load_vocabulary(tuple(args.plugin_file), args.no_plugins)), indent=1))
    return DONE


def _lsp(args: argparse.Namespace) -> int:
    """Start the server by its name, as a shell would: it is a neighbour of this room, and an extra of its own."""
    from importlib import import_module

    words = [word for file in args.plugin_file for word in ("--plugin-file", file)]
    try:
        server = import_module("nnspec.lsp.server")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        print("the language server needs more packages: pip install 'nnspec[lsp]'", file=sys.stderr)
        return WRONG_COMMAND
    return int(server.main([*words, *(["--no-plugins"] if args.no_plugins else [])]))


def _fmt(args: argparse.Namespace) -> int:
    return max([_fmt_one(path, args) for path in args.specs])


def _fmt_one(path: str, args: argparse.Namespace) -> int:
    from nnspec.edit.tidy import tidy_file
    from nnspec.plugin.vocabulary import load_vocabulary

    try:
        tidied = tidy_file(path, load_vocabulary(tuple(args.plugin_file), args.no_plugins), args.spelling, args.style)
        if tidied.changed and not (args.check or args.diff):
            tidied.write()
    except Exception as error:  # the files behind this one have their turn
        return _fault(error, args)
    if tidied.note:
        print(f"{path}: {tidied.note}", file=sys.stderr)
    if args.diff:
        print(tidied.diff(), end="")
    elif tidied.changed:
        print(f"{path}: {'would change' if args.check else 'formatted'}")
    return WRONG_SPEC if args.check and tidied.changed else DONE


def _diff(args: argparse.Namespace) -> int:
    """Exit status 1 means different, so that nothing else may: what cannot be compared is 2."""
    import json

    from nnspec.stages import compare

    try:
        found = compare(args.a, args.b, plugin_files=tuple(args.plugin_file), no_plugins=args.no_plugins)
    except Exception as error:
        status = _fault(error, args)
        return BUG if status == BUG else WRONG_COMMAND
    print(json.dumps(found.plain(), indent=1, ensure_ascii=False) if args.json else "\n".join(found.lines()))
    return DONE if found.same else WRONG_SPEC


def _new(args: argparse.Namespace) -> int:
    from nnspec.edit.begin import begin
    from nnspec.plugin.vocabulary import load_vocabulary

    begun = begin(args.thing, args.name, Path(args.out), load_vocabulary(tuple(args.plugin_file), args.no_plugins))
    print("\n".join(f"wrote {file}" for file in begun.files))
    print("\n".join(["", "next:", *(f"  {line}" for line in begun.next)]))
    return DONE


def _completion(args: argparse.Namespace) -> int:
    from nnspec.edit.completion import script
    from nnspec.plugin.vocabulary import load_vocabulary
    from nnspec.report.words import known

    words = known(load_vocabulary(tuple(args.plugin_file), args.no_plugins))
    print(script(args.shell, _parser(), words), end="")
    return DONE


# ---------------------------------------------------------------- for the eye
def _print_run(done: Run) -> None:
    from nnspec.report.summary import summary

    print(summary(done.record, done.estimates, done.path, fresh=done.fresh, kept=done.kept, width=_width()))


def _tell(diagnostics: Sequence[Diagnostic], args: argparse.Namespace) -> None:
    if diagnostics:
        from nnspec.text.diagnostic import render_all

        manner = _manner(args)
        print(render_all(diagnostics, color=manner.color, width=manner.width), file=sys.stderr)


def _width() -> int:
    import shutil

    return max(60, shutil.get_terminal_size((100, 24)).columns)


def _cache() -> str | None:
    """The folder of compiled programs: $NNSPEC_CACHE/xla or ~/.cache/nnspec/xla; `NNSPEC_CACHE=` switches it off."""
    chosen = os.environ.get("NNSPEC_CACHE")
    if chosen == "":
        return None
    return str(Path(chosen or Path.home() / ".cache" / "nnspec") / "xla")


def _host() -> str:
    import platform

    return platform.node()
