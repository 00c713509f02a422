"""What is seen: generated screens, a few generic kinds, and the pages made by hand."""
