"""What is handed over: pictures and files, from the tidy tables alone."""
