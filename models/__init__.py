"""What is: every entity, declared once."""
