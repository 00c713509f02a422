"""What may happen and what follows: verbs that add to the session and never commit."""
