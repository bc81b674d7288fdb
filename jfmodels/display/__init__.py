"""How nouns and tables show themselves: what a reader sees in a terminal, a notebook, LaTeX."""
