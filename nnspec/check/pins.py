"""Plugins that a spec needs, with their versions."""

from __future__ import annotations

from nnspec.document.read import Complaints, as_leaf, as_mapping
from nnspec.plugin.promised import promised
from nnspec.plugin.vocabulary import Vocabulary
from nnspec.syntax.tree import Leaf, Node
from nnspec.text.diagnostic import Diagnostic, nearest


def pinned(node: Node, words: Vocabulary, complaints: Complaints) -> Vocabulary:
    """The vocabulary with the words that a pinned plugin is known to teach, should it not be installed."""
    mapping = as_mapping(node, "plugins", complaints, 'plugins: {nnspec-kan: ">=0.1"}')
    for entry in mapping.entries if mapping else ():
        leaf = as_leaf(entry.value, entry.key.text, complaints)
        if leaf is not None:
            words = _pin(entry.key, leaf, words, complaints)
    return words


def _pin(name: Leaf, wanted: Leaf, words: Vocabulary, complaints: Complaints) -> Vocabulary:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(wanted.text)
    except InvalidSpecifier:
        plain = wanted.text.replace(".", "").isdigit()
        helps = (f'write `">={wanted.text}"`',) if plain else ('as in `">=0.1,<1"`',)
        complaints.add(Diagnostic("NN911", f"`{wanted.text}` is no range of versions", wanted.span, "not a range", helps=helps))
        return words
    versions = {_plain(each.owner.distribution): each.owner.version for each in words.plugins}
    version = versions.get(_plain(name.text))
    if version is not None:
        if not allowed.contains(version, prereleases=True):
            message = f"the spec needs another version of `{name.text}`"
            complaints.add(Diagnostic("NN910", message, wanted.span, f"version {version} is installed",
                                      helps=(f"pip install '{name.text}{wanted.text}'",)))  # fmt: skip
        return words
    known = promised(name.text, words)
    advice = (f"pip install '{name.text}{wanted.text}'",)
    if known.layers is not words.layers or known.observables is not words.observables:
        message = f"the plugin `{name.text}` is not installed"
        complaints.add(Diagnostic("NN909", message, name.span, "its words are checked by what is known of them", helps=advice,
                                  level="warning"))  # fmt: skip
        return known
    near = nearest(name.text, {each.owner.distribution for each in words.plugins})
    helps = (f"did you mean `{near}`?",) if near else advice
    complaints.add(Diagnostic("NN909", f"the plugin `{name.text}` is not installed", name.span, "needed by this spec", helps=helps))
    return words


def _plain(name: str) -> str:
    """The name of a distribution as indexes compare it."""
    return name.lower().replace("_", "-").replace(".", "-")
