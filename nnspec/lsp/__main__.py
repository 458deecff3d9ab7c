"""`python -m nnspec.lsp`."""

from nnspec.lsp.server import main

if __name__ == "__main__":
    raise SystemExit(main())
