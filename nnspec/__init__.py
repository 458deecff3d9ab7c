"""nnspec: neural networks as field theories, computable from a text file.

>>> import nnspec
>>> result = nnspec.load("specs/cosnet-free-scalar.yaml").run()    # doctest: +SKIP
>>> result["G2"].value, result["G2"].stderr                         # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnspec.stages import Checked, Model, Run, Spec, load, loads, open_run

__version__ = "0.1.0"
__all__ = ["Checked", "Model", "Run", "Spec", "SpecError", "load", "loads", "open_run"]


def __getattr__(name: str) -> Any:
    # Imported on demand: `nnspec --help` must not pay for the language.
    if name in __all__:
        from nnspec import stages

        return getattr(stages, name)
    message = f"module 'nnspec' has no attribute '{name}'"
    raise AttributeError(message)
