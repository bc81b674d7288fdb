"""What a survey of a given design can find, before and apart from what it found."""
