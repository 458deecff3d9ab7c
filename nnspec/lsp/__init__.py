"""The language server: what a spec says, told to editors while it is being written."""
