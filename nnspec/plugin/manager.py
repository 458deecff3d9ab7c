"""Finding plugins, letting them in one by one, and asking each what it teaches; no plugin can harm another.

An entry point of the group `nnspec` names a module (a plugin) or a package of modules (a shelf). Each is imported
inside `try`, its API range is compared before it is registered, and each hook is called by itself, so that every word
has an owner and every failure a line that names it. Built-ins come first, then strangers by name: the order is the
order of precedence.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, final

import pluggy

from nnspec.plugin import hookspecs, records
from nnspec.plugin.api import API_VERSION, mismatch
from nnspec.text.diagnostic import Diagnostic, nearest

BUILT_IN = "nnspec"
SLOW = 1.0
"""Seconds that importing one plugin may take without a remark."""
KINDS: dict[str, type] = {
    "activations": records.Activation,
    "densities": records.Density,
    "layers": records.Layer,
    "parameterizations": records.Parameterization,
    "datasets": records.Dataset,
    "observables": records.Observable,
    "rules": records.Rule,
    "samplers": records.Sampler,
    "backends": records.Backend,
}


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Who taught a word: the entry point (or the stem of a file), its distribution, the version and the module."""

    plugin: str
    distribution: str
    version: str
    module: str

    def __str__(self) -> str:
        """As a message names it: 'snake' (nnspec_snake, nnspec-snake 0.1.0)."""
        return f"'{self.plugin}' ({self.module}, {' '.join(filter(None, (self.distribution, self.version)))})"


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One module that wanted in: its API range, whether it is in, and why not."""

    owner: Owner
    api: str = ""
    state: Literal["loaded", "disabled"] = "loaded"
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Taught:
    """One record, and who taught it."""

    kind: str
    record: Any
    owner: Owner


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All that plugins said, in the order of precedence, and all that went wrong."""

    plugins: tuple[Plugin, ...]
    taught: tuple[Taught, ...]
    problems: tuple[Diagnostic, ...]


Source = tuple[Owner, Callable[[], Any]]


def load(files: Sequence[str | Path] = (), no_plugins: bool = False) -> Listing:
    """Load the built-ins, then every installed plugin unless `no_plugins`, then the plugin files named by the user.

    Args:
        files: Python files, each a plugin, in order.
        no_plugins: leave out what other distributions installed; named files are loaded all the same.
    """
    host = _Host()
    found, sources = _installed(no_plugins)
    if not found:
        host.complain(
            "NN907",
            "nnspec runs from a source tree that is not installed, so it knows no words",
            "`pip install -e .` in the source tree registers the built-in plugins",
            level="error",
        )
    for owner, bring in (*sources, *map(_from_file, files)):
        host.open(owner, bring)
    return Listing(plugins=tuple(host.plugins), taught=tuple(host.ask()), problems=tuple(host.problems))


def _installed(no_plugins: bool) -> tuple[bool, list[Source]]:
    """Whether the built-ins are there, and all entry points: built-ins first, both parts sorted by name."""
    import importlib.metadata as metadata

    names: dict[int, tuple[str, str]] = {}
    built_in: list[tuple[str, Source]] = []
    others: list[tuple[str, Source]] = []
    for point in metadata.entry_points(group=hookspecs.PROJECT):
        dist = point.dist
        if id(dist) not in names:
            names[id(dist)] = (dist.name, dist.version) if dist is not None else ("", "")
        distribution, version = names[id(dist)]
        owner = Owner(plugin=point.name, distribution=distribution, version=version, module=point.value)
        place = built_in if distribution == BUILT_IN else others
        place.append((f"{point.name}\0{distribution}", (owner, point.load)))
    chosen = sorted(built_in, key=lambda each: each[0])
    if not no_plugins:
        chosen += sorted(others, key=lambda each: each[0])
    return bool(built_in), [source for _, source in chosen]


def _from_file(path: str | Path) -> Source:
    path = Path(path)
    owner = Owner(plugin=path.stem, distribution=str(path), version="", module=f"nnspec_file_{path.stem}")
    return owner, partial(_import_file, path, owner.module)


def _import_file(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        message = f"'{path}' is not a Python file"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def last_line(error: BaseException) -> str:
    """The kind of an exception and the last line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1].strip()}" if lines else type(error).__name__


def _is_hook(value: Any) -> bool:
    return callable(value) and getattr(value, f"{hookspecs.PROJECT}_impl", None) is not None


@final
class _Host:
    """The plugins that are in, while they are being let in."""

    def __init__(self) -> None:
        self.plugins: list[Plugin] = []
        self.problems: list[Diagnostic] = []
        self._trace = os.environ.get("NNSPEC_TRACE_PLUGINS", "") not in ("", "0")
        self._owners: dict[str, Owner] = {}
        self._pluggy = pluggy.PluginManager(hookspecs.PROJECT)
        self._pluggy.add_hookspecs(hookspecs)

    def complain(self, code: str, message: str, *helps: str, level: Literal["error", "warning"] = "warning") -> None:
        """Note a problem; nothing is raised, since other plugins must go on."""
        self.problems.append(Diagnostic(code, message, helps=helps, level=level))

    def open(self, owner: Owner, bring: Callable[[], Any]) -> None:
        """Let in what an entry point or a file names: a module, or every module of a shelf in sorted order."""
        module, seconds = self._import(owner, bring)
        if module is None:
            return
        if not isinstance(module, ModuleType):
            self._disable(owner, "NN902", f"the entry point names '{owner.module}', which is not a module")
            return
        owner = replace(owner, module=module.__name__)
        api = getattr(module, "NNSPEC_API", "")
        if not hasattr(module, "__path__") or any(_is_hook(value) for value in vars(module).values()):
            self._register(owner, module, api, seconds)
            return
        for name in sorted(info.name for info in pkgutil.iter_modules(module.__path__)):
            if not name.startswith("_"):
                each = replace(owner, module=f"{module.__name__}.{name}")
                inner, seconds = self._import(each, partial(importlib.import_module, each.module))
                if inner is not None:
                    self._register(each, inner, getattr(inner, "NNSPEC_API", api), seconds)

    def _import(self, owner: Owner, bring: Callable[[], Any]) -> tuple[Any, float]:
        start = time.perf_counter()
        try:
            module = bring()
        except (Exception, SystemExit) as error:  # whatever a stranger's module does, the others go on
            self._disable(owner, "NN902", last_line(error))
            return None, 0.0
        seconds = time.perf_counter() - start
        if seconds > SLOW:
            self.complain(
                "NN908",
                f"plugin {owner} took {seconds:.1f} s to import",
                "use `from nnspec.plugin import jnp, np`, which are imported when first used",
            )
        return module, seconds

    def _register(self, owner: Owner, module: ModuleType, api: Any, seconds: float) -> None:
        reason = mismatch(api)
        if reason is not None:
            advice = f"install a version of {owner.distribution} made for API {API_VERSION}"
            self._disable(owner, "NN904", reason, advice)
            return
        try:
            self._pluggy.register(module, name=owner.module)
        except Exception as error:  # a hook with arguments, or the same module twice
            self._disable(owner, "NN902", last_line(error))
            return
        self._owners[owner.module] = owner
        self.plugins.append(Plugin(owner=owner, api=str(api), seconds=seconds))
        self._misspelt(owner, module)

    def _misspelt(self, owner: Owner, module: ModuleType) -> None:
        """Report hooks that nobody calls; the other hooks of the plugin go on working."""
        known = [f"{hookspecs.PROJECT}_{kind}" for kind in KINDS]
        for caller in self._pluggy.get_hookcallers(module) or ():
            if not caller.has_spec() and not all(i.optionalhook for i in caller.get_hookimpls() if i.plugin is module):
                near = nearest(caller.name, known)
                text = f"did you mean '{near}'?" if near else f"the hooks are {', '.join(known)}"
                self.complain("NN905", f"plugin {owner} has an unknown hook '{caller.name}'", text)
        for name in known:
            if callable(getattr(module, name, None)) and not _is_hook(getattr(module, name)):
                message = f"plugin {owner} has a function '{name}' that is not marked as a hook"
                self.complain("NN905", message, "put `@hookimpl` above it")

    def _disable(self, owner: Owner, code: str, reason: str, *helps: str) -> None:
        self.plugins.append(Plugin(owner=owner, state="disabled", reason=reason))
        self.complain(code, f"plugin {owner} is disabled: {reason}", *helps)

    def ask(self) -> Iterable[Taught]:
        """Call every hook of every plugin, kind by kind, in the order of precedence."""
        for kind, wanted in KINDS.items():
            hook = f"{hookspecs.PROJECT}_{kind}"
            for impl in getattr(self._pluggy.hook, hook).get_hookimpls():
                owner = self._owners[impl.plugin_name]
                answer = self._call(owner, hook, impl.function)
                if self._trace:
                    said = ", ".join(str(getattr(record, "name", record)) for record in answer)
                    print(f"nnspec: {hook} <- {owner}: {said or 'nothing'}", file=sys.stderr)
                for record in answer:
                    if isinstance(record, wanted):
                        yield Taught(kind=kind, record=record, owner=owner)
                    else:
                        self._wrong(owner, hook, wanted, record)

    def _call(self, owner: Owner, hook: str, function: Callable[[], Any]) -> list[Any]:
        try:
            answer = function()
            if isinstance(answer, Iterable) and not isinstance(answer, str):
                return list(answer)
        except Exception as error:  # a generator may fail half-way: then nothing of it counts
            reason = last_line(error)
            self.complain("NN902", f"`{hook}` of plugin {owner} is disabled: {reason}")
            return []
        self._wrong(owner, hook, KINDS[hook.removeprefix(f"{hookspecs.PROJECT}_")], answer)
        return []

    def _wrong(self, owner: Owner, hook: str, wanted: type, record: Any) -> None:
        message = f"`{hook}` of plugin {owner} gave a {type(record).__name__}"
        self.complain("NN906", message, f"yield records of type `nnspec.plugin.{wanted.__name__}`")
