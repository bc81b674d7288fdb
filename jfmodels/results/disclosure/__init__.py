"""Statistical disclosure control: what of a release may be shown, and what is withheld."""
