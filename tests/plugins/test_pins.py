"""`plugins` of a spec: versions that are installed, and versions that are not."""

from __future__ import annotations

import pytest

from nnspec.check.experiment import check
from nnspec.syntax.yaml_tree import read_text

SPEC = """\
nnspec: 1
name: demo
plugins: {{{name}: "{wanted}"}}
model:
  inputs: {{x: R}}
  params: {{a: "Normal(0, 1)"}}
  field: phi(x)
  def: a*fine(x)
observables:
  G2: {{correlator: {{n: 2, at: [0, 1]}}}}
"""


def complaints(words, name, wanted):
    """What is said about a spec that needs a plugin, with the plugins as they are installed now."""
    return check(read_text(SPEC.format(name=name, wanted=wanted)), words()).complaints


@pytest.mark.parametrize("name", ["nnspec-good", "nnspec_good", "NNspec.Good"])
@pytest.mark.parametrize("wanted", ["", ">=2", "==2.5", ">=2,<3", "~=2.4", "!=2.4"])
def test_an_installed_version_in_the_range_is_silent(install, words, teaching, name, wanted):
    install("good", teaching("fine"), version="2.5")
    assert complaints(words, name, wanted) == ()


@pytest.mark.parametrize("wanted", [">=3", "==2.4", "<2.5", ">=2,<2.5"])
def test_another_version_is_nn910_with_the_command_that_helps(install, words, teaching, wanted):
    install("good", teaching("fine"), version="2.5")
    (fault,) = complaints(words, "nnspec-good", wanted)
    assert fault.code == "NN910"
    assert fault.message == "the spec needs another version of `nnspec-good`"
    assert fault.label == "version 2.5 is installed"
    assert fault.helps == (f"pip install 'nnspec-good{wanted}'",)
    assert fault.span is not None
    assert fault.span.text.strip('"') == wanted


def test_a_version_before_its_release_counts(install, words, teaching):
    install("good", teaching("fine"), version="3.0rc1")
    assert complaints(words, "nnspec-good", ">=2.5") == ()


def test_a_misspelt_plugin_is_named(install, words, teaching):
    install("good", teaching("fine"))
    (fault,) = complaints(words, "nnspec-goood", ">=1")
    assert (fault.code, fault.helps) == ("NN909", ("did you mean `nnspec-good`?",))
