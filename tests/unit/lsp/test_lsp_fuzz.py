"""Random edits: whatever is typed, every question is answered, in range, and nothing goes wrong."""

from __future__ import annotations

import random

import pytest

PIECES = [
    "", " ", "\n", "\r\n", "\r", "\t", ":", ": ", "{", "}", "[", "]", "(", ")", ",", "'", '"', "#", " # ", "|", ">-", "-", "- ",
    "i", "a[i]", "sum_i ", "φ", "𝔸", "o\u0302", "\u2028", "\x85", "\ufeff", "\0", "\ud83d", "0", "1e400", "^", "*", "&x", "!t", "%",
    "in", "if", "phi(x)", "NN201", "null", "model:\n", "observables: {", "\u00a0", "²", "…",
]  # fmt: skip
QUESTIONS = {
    "hover": {}, "completion": {}, "definition": {}, "references": {"context": {"includeDeclaration": True}},
    "prepareRename": {}, "rename": {"newName": "fresh"},
}  # fmt: skip


def edited(text: str, random_: random.Random) -> str:
    """One edit: a deletion, an insertion, a replacement or a moved line."""
    start = random_.randrange(len(text) + 1)
    match random_.randrange(5):
        case 0:
            return text[:start] + text[start + random_.choice((1, 1, 2, 5, 30)) :]
        case 1 | 2:
            return text[:start] + random_.choice(PIECES) + text[start:]
        case 3:
            return text[:start] + random_.choice(PIECES) + text[start + random_.choice((1, 3)) :]
        case _:
            parts = text.split("\n")
            parts.insert(random_.randrange(len(parts) + 1), parts.pop(random_.randrange(len(parts))))
            return "\n".join(parts)


def inside(page, found) -> None:
    """Every range in an answer must be in the document, and its end not before its start."""
    if isinstance(found, dict):
        if {"start", "end"} <= found.keys():
            assert page.offset(found["start"]) <= page.offset(found["end"])
        for each in found.values():
            inside(page, each)
    elif isinstance(found, list):
        for each in found:
            inside(page, each)


@pytest.mark.parametrize("name", ["cosnet-free-scalar", "relu-mlp-kernels"])
def test_random_edits(editor, name):
    random_ = random.Random(f"random edits of {name}")
    page = editor.spec(name)
    good = page.text
    assert page.complaints() == []
    for number in range(100):
        page.change(edited(good if number % 5 == 0 else page.text, random_))
        if number % 3 == 0:
            for each in page.complaints():
                assert each["message"]
                assert "bug in nnspec" not in each["message"], (each["message"], page.text)
        line = random_.randrange(page.text.count("\n") + 2)
        position = {"line": line, "character": random_.randrange(60)}
        for question, more in QUESTIONS.items():
            params = {"textDocument": {"uri": page.uri}, "position": position, **more}
            answer = editor.answer(f"textDocument/{question}", params)
            assert answer.get("error", {}).get("code") in (None, -32803), answer
        page.ask("documentSymbol")
        spot = {"start": position, "end": position}
        page.ask("codeAction", range=spot, context={"diagnostics": []})
    assert page.change(good).complaints() == []


def test_answers_stay_in_the_document(editor, cosnet):
    random_ = random.Random("answers stay in the document")
    good = cosnet.text
    for _ in range(20):
        cosnet.change(edited(good, random_))
        inside(cosnet, cosnet.complaints())
        position = {"line": random_.randrange(45), "character": random_.randrange(40)}
        inside(cosnet, cosnet.ask("references", position, context={"includeDeclaration": True}))
        inside(cosnet, cosnet.ask("documentSymbol"))


def test_fast_typing_is_checked_once_and_last(editor, cosnet):
    """Many changes in a row: the version that is published in the end is the last one."""
    for k in range(30):
        cosnet.change(cosnet.text + f"# {k}\n")
    cosnet.change(cosnet.text.replace("s2/N", "s3/N"))
    assert [each["code"] for each in cosnet.complaints()] == ["NN201"]


def test_questions_about_unknown_documents(editor):
    where = {"textDocument": {"uri": "file:///nowhere.yaml"}, "position": {"line": 0, "character": 0}}
    for question, more in QUESTIONS.items():
        assert not editor.request(f"textDocument/{question}", {**where, **more})
