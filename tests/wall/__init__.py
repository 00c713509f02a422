"""PostgreSQL's row security, attacked."""
