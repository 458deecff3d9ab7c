"""The command line: each verb is a few lines over `nnspec.stages`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec import running
from nnspec.arguments import OF_PARTS, Arguments, parser

if TYPE_CHECKING:
    from nnspec.stages import Spec
    from nnspec.text.diagnostic import Diagnostic
    from nnspec.text.terminal import Manner

DONE, WRONG_SPEC, WRONG_COMMAND, CHECK_FAILED, NOT_COMPUTED, POINTS_FAILED, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 5, 70, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the return value is the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = parser().parse_args(words)
    if not hasattr(args, "verb"):
        parser().print_help()
        return WRONG_COMMAND
    args.command_line = tuple(words)
    try:
        return running.watched(lambda: _answer(args)) if args.verb == "run" else _answer(args)
    except KeyboardInterrupt:
        return running.interrupted()


def _answer(args: Arguments) -> int:
    try:
        status = int(VERBS[args.verb](args))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return running.interrupted()
    except BrokenPipeError:
        _mute()
        return DONE
    except Exception as error:  # the last net: whatever gets here is our fault, or a known refusal
        return _fault(error, args)
    return status


def _mute() -> None:
    """Nobody reads on: nothing more is written, when Python ends neither."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())


def _fault(error: Exception, args: Arguments) -> int:
    from nnspec import faults

    return faults.report(error, _manner(args))


def _manner(args: Arguments) -> Manner:
    from nnspec.text.terminal import manner

    return manner(sys.stderr, getattr(args, "color", "auto"))


def _load(path: str, args: Arguments) -> Spec:
    from nnspec.stages import load

    return load(
        path, plugin_files=tuple(args.plugin_file), no_plugins=args.no_plugins, allow=tuple(args.allow_path),
        changes=(*args.set, *_said(args, seed="numerics.seed", workers="sweep.workers")),
    )  # fmt: skip


def _said(args: Arguments, **paths: str) -> list[tuple[str, object]]:
    """Options that are short for `--set`."""
    return [(path, getattr(args, name)) for name, path in paths.items() if getattr(args, name, None) is not None]


# ---------------------------------------------------------------- verbs
def _run(args: Arguments) -> int:
    return running.run(
        args, lambda path: _load(path, args), lambda error: _fault(error, args), lambda each: _tell(each, args)
    )


def _check(args: Arguments) -> int:
    mended = [_mend_one(path, args) for path in args.specs] if args.fix else []
    checked = [_check_one(path, args) for path in args.specs]
    if args.format == "sarif":  # one document for all of them
        import json

        import nnspec
        from nnspec.text.machine import sarif

        found = (each for _, complaints in checked for each in complaints)
        print(json.dumps(sarif(found, args.specs, nnspec.__version__), indent=1, ensure_ascii=False))
    return max([*mended, *(status for status, _ in checked)])


def _mend_one(path: str, args: Arguments) -> int:
    from nnspec.editing import mend
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


def _check_one(path: str, args: Arguments) -> tuple[int, Sequence[Diagnostic]]:
    from nnspec.text.diagnostic import SpecError

    try:
        checked = _load(path, args).check()
        complaints: Sequence[Diagnostic] = checked.warnings
        wrong = args.strict and bool(complaints)
        later = checked.plan.later
    except SpecError as error:
        complaints, wrong, later = error.diagnostics, True, ()
    except Exception as error:  # the files behind this one have their turn
        return _fault(error, args), ()
    if args.format == "text":
        _tell(complaints, args)
        if not wrong:
            print(f"{path}: ok" + (f"; this version cannot compute {', '.join(later)}" if later else ""))
    elif args.format != "sarif":
        _print_for_machines(complaints, args)
    return WRONG_SPEC if wrong else DONE, complaints


def _print_for_machines(complaints: Sequence[Diagnostic], args: Arguments) -> None:
    import json

    from nnspec.text.diagnostic import to_json
    from nnspec.text.machine import github

    for each in complaints:
        print(github(each, args.specs) if args.format == "github" else json.dumps(to_json(each), ensure_ascii=False))


def _explain(args: Arguments) -> int:
    from nnspec.report.codes import code_page
    from nnspec.report.explain import emit

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
    from nnspec.editing import formula

    written = formula(spec)
    if written.note:
        print(f"{path}: {written.note}", file=sys.stderr)
    return written.text.rstrip("\n")


def _show(args: Arguments) -> int:
    from nnspec.stages import open_run

    for path in args.runs:
        running.print_run(open_run(path))
    return DONE


def _export(args: Arguments) -> int:
    from nnspec.report.columns import chosen
    from nnspec.report.export import export, write
    from nnspec.stages import open_run

    opened = open_run(args.run)
    content = export(args.form, chosen(opened.estimates, args.names, args.run), opened.record, on_screen=args.output is None)
    if args.output is not None:
        write(content, Path(args.output), force=args.force)
    else:
        sys.stdout.write(content.decode())
    return DONE


def _plot(args: Arguments) -> int:
    from nnspec.showing import opened, plot

    shown = opened(args.run, plugin_files=args.plugin_file, no_plugins=args.no_plugins)
    _doubt(shown.doubt)
    files = plot(shown, args.name, out=args.out, forms=args.format or (), force=args.force)
    print("\n".join(f"wrote {path}" for path in files) or "the run has nothing to draw")
    return DONE


def _report(args: Arguments) -> int:
    from nnspec.showing import opened, report

    shown = opened(args.run, plugin_files=args.plugin_file, no_plugins=args.no_plugins)
    _doubt(shown.doubt)
    print(f"wrote {report(shown, out=args.out, force=args.force)}")
    return DONE


def _doubt(text: str) -> None:
    if text:
        print(f"warning: {text}", file=sys.stderr)


def _doc(args: Arguments) -> int:
    from nnspec.plugin.vocabulary import load_vocabulary
    from nnspec.report.words import describe

    words = load_vocabulary(tuple(args.plugin_file), args.no_plugins)
    text = describe(args.word, words)
    if text is None:
        print(f"nothing is called '{args.word}'; `nnspec doc` lists all words", file=sys.stderr)
        return WRONG_COMMAND
    print(text)
    return DONE


def _plugins(args: Arguments) -> int:
    from nnspec.plugin.vocabulary import load_vocabulary
    from nnspec.report.words import listing

    words = load_vocabulary(tuple(args.plugin_file), args.no_plugins)
    print(listing(words, as_json=args.json))
    _tell(words.problems, args)
    return DONE


def _doctor(args: Arguments) -> int:
    from nnspec.doctor import examine

    found = examine(tuple(args.plugin_file), args.no_plugins)
    print(found.to_json() if args.json else "\n".join(found.lines()))
    return DONE if found.well else WRONG_SPEC


def _cache(args: Arguments) -> int:
    from nnspec import keeping
    from nnspec.run.cache import KINDS, root

    kinds = [kind for kind in KINDS if getattr(args, kind)] or list(KINDS)
    if args.action == "ls":
        print(keeping.kept(root(), kinds, as_json=args.json, width=running.width()))
        return DONE
    text, whole = keeping.cleared(root(), kinds, args.older_than)
    print(text)
    return DONE if whole else NOT_COMPUTED


def _schema(args: Arguments) -> int:
    import json

    from nnspec.editing import schema
    from nnspec.plugin.vocabulary import load_vocabulary

    print(json.dumps(schema(load_vocabulary(tuple(args.plugin_file), args.no_plugins)), indent=1))
    return DONE


def _lsp(args: Arguments) -> int:
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


def _fmt(args: Arguments) -> int:
    return max([_fmt_one(path, args) for path in args.specs])


def _fmt_one(path: str, args: Arguments) -> int:
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


def _diff(args: Arguments) -> int:
    """Exit status 1 means different, so that nothing else may: what cannot be compared is 2."""
    import json

    from nnspec.editing import compare

    try:
        found = compare(args.a, args.b, plugin_files=tuple(args.plugin_file), no_plugins=args.no_plugins)
    except Exception as error:
        status = _fault(error, args)
        return BUG if status == BUG else WRONG_COMMAND
    print(json.dumps(found.plain(), indent=1, ensure_ascii=False) if args.json else "\n".join(found.lines()))
    return DONE if found.same else WRONG_SPEC


def _new(args: Arguments) -> int:
    from nnspec.edit.begin import begin
    from nnspec.plugin.vocabulary import load_vocabulary

    begun = begin(args.thing, args.name, Path(args.out), load_vocabulary(tuple(args.plugin_file), args.no_plugins))
    print("\n".join(f"wrote {file}" for file in begun.files))
    print("\n".join(["", "next:", *(f"  {line}" for line in begun.next)]))
    return DONE


def _completion(args: Arguments) -> int:
    from nnspec.edit.completion import script
    from nnspec.plugin.vocabulary import load_vocabulary
    from nnspec.report.words import known

    words = known(load_vocabulary(tuple(args.plugin_file), args.no_plugins))
    print(script(args.shell, parser(), words), end="")
    return DONE


VERBS = {
    "run": _run, "check": _check, "explain": _explain, "show": _show, "export": _export, "plot": _plot, "report": _report,
    "doc": _doc, "plugins": _plugins, "fmt": _fmt, "diff": _diff, "new": _new, "completion": _completion,
    "schema": _schema, "lsp": _lsp, "doctor": _doctor, "cache": _cache,
}  # fmt: skip


# ---------------------------------------------------------------- for the eye
def _tell(diagnostics: Sequence[Diagnostic], args: Arguments) -> None:
    if diagnostics:
        from nnspec.text.diagnostic import render_all

        manner = _manner(args)
        print(render_all(diagnostics, color=manner.color, width=manner.width), file=sys.stderr)
