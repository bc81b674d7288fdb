"""How it is fitted."""
