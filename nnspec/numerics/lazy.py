"""Modules that are imported when first used, so that reading a spec never pays for NumPy or JAX.

    from nnspec.numerics.lazy import jax, jnp, lax, np, scipy

gives objects that look like the modules. Nothing is imported until an attribute is read: a file may
use them at will inside functions, but must not touch them while it is itself being imported. This is
the only place of the project that imports JAX, hence the only place that configures it: 64-bit types
are on, and `configure` says how many CPU devices there are and where compiled programs are kept.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


@final
class Lazy:
    """A module that is imported when one of its attributes is read.

    Special names (`__wrapped__`, `__path__`, ...) are denied without importing, because tools that look
    at every global of a file (inspect, pluggy, doctest) probe for them; `__version__` is passed on.
    """

    def __init__(self, name: str, before: Callable[[], None] | None = None) -> None:
        """Remember the dotted `name`, and what must be done just before it is imported."""
        self._name = name
        self._before = before
        self._module: ModuleType | None = None

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") and attribute != "__version__":
            raise AttributeError(attribute)
        module = self._load()
        try:
            return getattr(module, attribute)
        except AttributeError:
            return self._submodule(attribute)

    def __repr__(self) -> str:
        return f"<lazy module '{self._name}'>"

    def _load(self) -> ModuleType:
        if self._module is None:
            if self._before is not None:
                self._before()
            self._module = importlib.import_module(self._name)
        return self._module

    def _submodule(self, attribute: str) -> ModuleType:
        """Import `name.attribute`: `jax.scipy` and its like are not loaded by their parent."""
        path = f"{self._name}.{attribute}"
        try:
            return importlib.import_module(path)
        except ModuleNotFoundError as error:
            if error.name != path:
                raise
            message = f"module '{self._name}' has no attribute '{attribute}'"
            raise AttributeError(message) from None


@dataclass(kw_only=True)
class _Wishes:
    """What `configure` was told; a process has one JAX, so these are settings of the process."""

    devices: int | None = None
    cache_dir: str | None = None
    ready: bool = False


_wishes = _Wishes()


def configure(devices: int | None = None, cache_dir: str | None = None) -> None:
    """Choose the number of CPU devices and the folder of the persistent compilation cache.

    Call it before JAX runs anything. It imports nothing: the settings take effect when JAX is first
    used, or at once when it already was. The number of devices cannot change once a backend exists;
    it is then left as it is. `None` leaves a setting alone. Do not share a cache between unlike CPUs.
    """
    _wishes.devices = devices
    _wishes.cache_dir = cache_dir
    if _wishes.ready:
        _apply(importlib.import_module("jax"))


def _apply(module: Any) -> None:
    """Write the wishes into `jax.config`."""
    update = module.config.update
    if _wishes.devices is not None:
        try:
            update("jax_num_cpu_devices", _wishes.devices)
        except RuntimeError:
            pass  # a backend is already running, and it keeps its devices
    if _wishes.cache_dir is not None:
        update("jax_compilation_cache_dir", _wishes.cache_dir)
        update("jax_persistent_cache_min_compile_time_secs", 0)  # the default, 1 s, skips most of our programs
        update("jax_persistent_cache_min_entry_size_bytes", -1)


def _prepare() -> None:
    """Import JAX and configure it, once."""
    if _wishes.ready:
        return
    module: Any = importlib.import_module("jax")
    module.config.update("jax_enable_x64", True)
    module.config.update("jax_default_matmul_precision", "highest")  # or GPUs multiply float32 with 10 bits
    _apply(module)
    _wishes.ready = True


jax: Any = Lazy("jax", _prepare)
jnp: Any = Lazy("jax.numpy", _prepare)
lax: Any = Lazy("jax.lax", _prepare)
np: Any = Lazy("numpy")
scipy: Any = Lazy("scipy")
