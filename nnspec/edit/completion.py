"""Completion of commands in a shell: scripts made from the parser of the command line, so that they know what it knows."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Shell = Literal["bash", "zsh", "fish"]
SHELLS: tuple[str, ...] = get_args(Shell)


@dataclass(frozen=True)
class _Flag:
    """An option: its spellings, its text, and what may stand behind it (None: nothing; empty: a file)."""

    names: tuple[str, ...]
    help: str
    values: tuple[str, ...] | None


@dataclass(frozen=True)
class _Verb:
    """A verb: its text, its options, and the words that may follow it; without words, files follow."""

    name: str
    help: str
    flags: tuple[_Flag, ...]
    words: tuple[str, ...]


def script(shell: Shell, parser: argparse.ArgumentParser, words: Sequence[str]) -> str:
    """The script that teaches a shell the verbs and flags of a parser; `words` are those that `doc` explains."""
    verbs = _verbs(parser, words)
    match shell:
        case "bash":
            return _bash(verbs)
        case "zsh":
            return _zsh(verbs)
        case "fish":
            return _fish(verbs)


def _verbs(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[_Verb]:
    chosen = next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    helps = {each.dest: each.help or "" for each in chosen._choices_actions}
    return [_verb(name, helps.get(name, ""), verb, words) for name, verb in chosen.choices.items()]


def _verb(name: str, text: str, parser: argparse.ArgumentParser, words: Sequence[str]) -> _Verb:
    flags, follow = [], list(words) if name == "doc" else []
    for action in parser._actions:
        choices = tuple(map(str, action.choices or ()))
        if action.option_strings:
            flags.append(_Flag(tuple(action.option_strings), action.help or "", None if action.nargs == 0 else choices))
        else:
            follow += choices
    return _Verb(name, text, tuple(flags), tuple(follow))


def _plain(text: str) -> str:
    """A description without what a shell would read."""
    return re.sub(r"[\[\]:'\"`$\\()]", "", text.replace("%%", "%"))


def _bash(verbs: list[_Verb]) -> str:
    cases = []
    for verb in verbs:
        flags = " ".join(name for flag in verb.flags for name in flag.names)
        cases.append(f"    {verb.name}) flags='{flags}'; words='{' '.join(verb.words)}' ;;")
    values = {name: flag.values for verb in verbs for flag in verb.flags for name in flag.names if flag.values}
    after = [f"    {name}) COMPREPLY=($(compgen -W '{' '.join(known)}' -- \"$word\")); return ;;"
             for name, known in values.items()]  # fmt: skip
    after += [f"    {name}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;"
              for name in sorted({n for v in verbs for f in v.flags if f.values == () for n in f.names})]  # fmt: skip
    return "\n".join([
        "# bash completion of nnspec:  eval \"$(nnspec completion bash)\"",
        "_nnspec() {",
        '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" flags words',
        "  COMPREPLY=()",
        "  if [ \"$COMP_CWORD\" -eq 1 ]; then",
        f"    COMPREPLY=($(compgen -W '{' '.join(verb.name for verb in verbs)} --help --version' -- \"$word\")); return",
        "  fi",
        '  case "$before" in', *after, "  esac",
        '  case "${COMP_WORDS[1]}" in', *cases, "    *) return ;;", "  esac",
        "  case \"$word\" in",
        "    -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$word\")) ;;",
        "    *) if [ -n \"$words\" ]; then COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))",
        "       else COMPREPLY=($(compgen -f -X '!*.y?(a)ml' -- \"$word\") $(compgen -d -- \"$word\")); fi ;;",
        "  esac",
        "}",
        "shopt -s extglob",
        "complete -o filenames -F _nnspec nnspec",
        "",
    ])  # fmt: skip


def _zsh(verbs: list[_Verb]) -> str:
    lines = ["#compdef nnspec", "# zsh completion of nnspec:  eval \"$(nnspec completion zsh)\"", "_nnspec() {",
             "  local -a verbs", "  verbs=("]  # fmt: skip
    lines += [f"    '{verb.name}:{_plain(verb.help)}'" for verb in verbs]
    lines += ["  )", "  if (( CURRENT == 2 )); then _describe 'verb' verbs; return; fi", "  local verb=$words[2]",
              "  shift words; (( CURRENT-- ))", "  case $verb in"]  # fmt: skip
    for verb in verbs:
        lines.append(f"    {verb.name}) _arguments \\")
        lines += [f"      {_zsh_flag(name, flag)} \\" for flag in verb.flags for name in flag.names]
        follow = f"({' '.join(verb.words)})" if verb.words else '_files -g "*.(yaml|yml)"'
        lines.append(f"      '*:{'word' if verb.words else 'file'}:{follow}' ;;")
    lines += [
        "  esac",
        "}",
        'if [ "$funcstack[1]" = "_nnspec" ]; then _nnspec "$@"; else compdef _nnspec nnspec; fi',
        "",
    ]
    return "\n".join(lines)


def _zsh_flag(name: str, flag: _Flag) -> str:
    text = f"{name}[{_plain(flag.help)}]"
    if flag.values is None:
        return f"'{text}'"
    return f"'{text}:value:({' '.join(flag.values)})'" if flag.values else f"'{text}:file:_files'"


def _fish(verbs: list[_Verb]) -> str:
    names = " ".join(verb.name for verb in verbs)
    lines = ["# fish completion of nnspec:  nnspec completion fish | source", "complete -c nnspec -f",
             f"set -l verbs {names}"]  # fmt: skip
    for verb in verbs:
        first = 'complete -c nnspec -n "not __fish_seen_subcommand_from $verbs"'
        lines.append(f"{first} -a {verb.name} -d '{_plain(verb.help)}'")
        seen = f"complete -c nnspec -n '__fish_seen_subcommand_from {verb.name}'"
        for flag in verb.flags:
            spelt = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names)
            takes = "" if flag.values is None else f" -x -a '{' '.join(flag.values)}'" if flag.values else " -r -F"
            lines.append(f"{seen} {spelt}{takes} -d '{_plain(flag.help)}'")
        if verb.words:
            lines.append(f"{seen} -a '{' '.join(verb.words)}'")
        else:
            lines.append(f"{seen} -k -a '(__fish_complete_suffix .yaml)'")
    return "\n".join([*lines, ""])
