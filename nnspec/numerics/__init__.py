"""Array mathematics that knows no word of nnspec; each file is a pillar that leans on `lazy` alone."""
