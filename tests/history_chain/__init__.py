"""The seals of the history."""
