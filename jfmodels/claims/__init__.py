"""What was said, and whether the data bear it."""
