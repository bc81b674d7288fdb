"""What came out, in one shape for every engine."""
