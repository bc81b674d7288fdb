"""What is assumed: today the grid of cells that every engine fills."""
