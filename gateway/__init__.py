"""The front door: HTTP comes in, contracts go out, problems a person can act on come back."""
