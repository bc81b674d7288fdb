"""Who was asked what: designs, codebooks, files, and the rows that answer for sums alone."""
