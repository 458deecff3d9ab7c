"""Every page of the catalogue is whole."""

import pytest

from nnspec.text.catalogue import codes, page


@pytest.mark.parametrize("code", codes())
def test_a_page_has_a_title_a_reason_and_two_examples(code: str) -> None:
    found = page(code)
    assert found is not None
    assert found.code == code
    assert found.title[0].islower() or not found.title[0].isalpha() or found.title.split()[0].isupper()
    assert not found.title.endswith(".")
    assert len(found.why) > 40
    assert found.bad.strip()
    assert found.good.strip()
    assert found.bad != found.good


def test_an_unknown_code_has_no_page() -> None:
    assert page("NN000") is None
