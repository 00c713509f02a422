"""The words of the console in other languages: one catalogue each, and `python -m translations` that keeps it whole."""
