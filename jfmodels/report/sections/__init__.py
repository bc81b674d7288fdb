"""The sections of a report, each made of a release and the names that it speaks in."""
