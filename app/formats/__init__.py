"""How our facts are written for others: pure functions from facts to bytes."""
