"""The pages of error codes as plain text."""

from __future__ import annotations

from nnspec.text.catalogue import page


def code_page(code: str) -> str | None:
    """The page of an error code, None when there is none."""
    found = page(code.upper())
    if found is None:
        return None
    return (
        f"{found.code}: {found.title}\n\n{found.why}\n\nbad:\n{_indented(found.bad)}\n\ngood:\n{_indented(found.good)}"
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines())
