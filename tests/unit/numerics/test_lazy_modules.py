"""The lazy modules: nothing is imported early, and JAX is configured once and for all."""

import subprocess
import sys

import pytest

from nnspec.numerics import lazy


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_no_pillar_imports_numpy_or_jax():
    names = "lazy agreement autocorrelation gaussian moments partitions quadrature streams trig".split()
    lines = [f"import nnspec.numerics.{name}" for name in names]
    lines += ["import sys", "print([m for m in ('numpy', 'jax', 'scipy') if m in sys.modules])"]
    assert run("\n".join(lines)) == "[]"


def test_configure_imports_nothing_and_is_obeyed(tmp_path):
    program = f"""
import sys
from nnspec.numerics import lazy
lazy.configure(devices=3, cache_dir={str(tmp_path)!r})
assert "jax" not in sys.modules
assert str(lazy.jnp.arange(2.0).dtype) == "float64"
config = lazy.jax.config
print(lazy.jax.device_count("cpu"), config.jax_compilation_cache_dir == {str(tmp_path)!r},
      config.jax_persistent_cache_min_compile_time_secs, config.jax_persistent_cache_min_entry_size_bytes)
lazy.configure(devices=5)
print(lazy.jax.device_count("cpu"))
"""
    assert run(program).splitlines() == ["3 True 0 -1", "3"]


def test_a_late_configure_is_obeyed_while_no_backend_runs():
    program = """
from nnspec.numerics import lazy
lazy.jax.config
lazy.configure(devices=2)
print(lazy.jax.device_count("cpu"))
"""
    assert run(program) == "2"


def test_submodules_and_missing_attributes():
    assert lazy.jax.scipy.special.erf is not None
    assert lazy.np.__version__
    with pytest.raises(AttributeError, match="module 'numpy' has no attribute 'tenser'"):
        _ = lazy.np.tenser


def test_probing_tools_do_not_trigger_an_import():
    module = lazy.Lazy("a_module_that_does_not_exist")
    assert not hasattr(module, "__wrapped__")
    assert repr(module) == "<lazy module 'a_module_that_does_not_exist'>"
    with pytest.raises(ModuleNotFoundError):
        _ = module.anything
