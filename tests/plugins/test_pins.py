"""`plugins` of a spec: versions that are installed, and versions that are not."""

from __future__ import annotations

import pytest

from nnspec.stages import loads
from nnspec.text.diagnostic import SpecError

SPEC = """\
nnspec: 1
name: demo
plugins: {{{name}: "{wanted}"}}
model:
  inputs: {{x: R}}
  params: {{a: "Normal(0, 1)"}}
  field: phi(x)
  def: a*{word}(x)
observables:
  G2: {{correlator: {{n: 2, at: [0, 1]}}}}
"""


def complaints(name: str, wanted: str, word: str = "fine") -> list[tuple[str, str]]:
    try:
        found = loads(SPEC.format(name=name, wanted=wanted, word=word)).check().warnings
    except SpecError as error:
        found = error.diagnostics
    return [(each.code, each.message) for each in found]


@pytest.mark.parametrize("name", ["nnspec-good", "nnspec_good", "NNspec.Good"])
@pytest.mark.parametrize("wanted", ["", ">=2", "==2.5", ">=2,<3", "~=2.4", "!=2.4"])
def test_an_installed_version_in_the_range_is_silent(install, teaching, name, wanted):
    install("good", teaching("fine"), version="2.5")
    assert complaints(name, wanted) == []


@pytest.mark.parametrize("wanted", [">=3", "==2.4", "<2.5", ">=2,<2.5"])
def test_another_version_is_nn910_with_the_command_that_helps(install, teaching, wanted):
    install("good", teaching("fine"), version="2.5")
    with pytest.raises(SpecError) as caught:
        loads(SPEC.format(name="nnspec-good", wanted=wanted, word="fine")).check()
    (fault,) = caught.value.diagnostics
    assert fault.code == "NN910"
    assert fault.message == "the spec needs another version of `nnspec-good`"
    assert fault.label == "version 2.5 is installed"
    assert fault.helps == (f"pip install 'nnspec-good{wanted}'",)
    assert fault.span is not None
    assert fault.span.text.strip('"') == wanted


def test_a_version_before_its_release_counts(install, teaching):
    install("good", teaching("fine"), version="3.0rc1")
    assert complaints("nnspec-good", ">=2.5") == []


def test_a_misspelt_plugin_is_named(install, teaching):
    install("good", teaching("fine"))
    with pytest.raises(SpecError) as caught:
        loads(SPEC.format(name="nnspec-goood", wanted=">=1", word="fine")).check()
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.helps) == ("NN909", ("did you mean `nnspec-good`?",))
