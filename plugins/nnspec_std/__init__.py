"""The words that come with nnspec; each file of a shelf is a plugin of its own, made as a stranger would make it."""
