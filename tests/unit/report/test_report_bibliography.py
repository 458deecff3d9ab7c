"""The bibliography: every entry complete, every key once."""

from __future__ import annotations

import re

import pytest

from nnspec.report.bibliography import bibtex, entries, load, read, unknown

KEYS = sorted(load())


@pytest.mark.parametrize("key", KEYS)
def test_every_entry_is_complete(key):
    entry = load()[key]
    assert {"author", "title", "year"} <= set(entry.fields)
    assert {"eprint", "doi", "journal", "booktitle", "publisher"} & set(entry.fields)
    assert re.fullmatch(r"[a-z]+\d{4}", key)
    assert re.fullmatch(r"\d{4}", entry.fields["year"])
    if entry.kind == "article":
        assert "journal" in entry.fields or "eprint" in entry.fields
    if entry.kind == "inproceedings":
        assert "booktitle" in entry.fields
    if "eprint" in entry.fields:
        assert re.fullmatch(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}", entry.fields["eprint"])
        assert entry.fields["archiveprefix"] == "arXiv"
    if "doi" in entry.fields:
        assert re.fullmatch(r"10\.\d{4,}/\S+", entry.fields["doi"])
    assert entry.authors
    assert not re.search(r"[\\{}]", entry.text())


def test_titles_and_papers_are_not_repeated():
    titles = [entry.fields["title"].lower() for entry in load().values()]
    assert len(set(titles)) == len(titles)


def test_reading():
    text = '% @no{x, }\n@article{a1, author = {M{\\"u}ller, Ann and Li, B.}, title = "A {B} c", year = 1999,\n}\n'
    entry = read(text)["a1"]
    assert entry.authors == ("Ann Müller", "B. Li")
    assert entry.fields["title"] == "A B c"
    assert entry.source == text.split("\n", 1)[1].strip()


@pytest.mark.parametrize("text", ["@book{a, title={x}}\n@book{a, title={y}}", "@book{a, title={x}"])
def test_a_broken_bibliography_is_refused(text):
    with pytest.raises(ValueError, match=r"twice|never closed"):
        read(text)


def test_entries_keep_the_order_and_come_once():
    assert [entry.key for entry in entries(["lee2018", "jacot2018", "lee2018", "nobody1"])] == ["lee2018", "jacot2018"]
    assert unknown(["lee2018", "nobody1", "nobody1"]) == ["nobody1"]


def test_bibtex_can_be_read_again():
    assert sorted(read(bibtex(KEYS))) == KEYS


def test_accents():
    assert "Clément Hongler" in load()["jacot2018"].authors
    assert "Marin Soljačić" in load()["liu2024"].authors
    assert "Paul-Christian Bürkner" in load()["vehtari2021"].authors
