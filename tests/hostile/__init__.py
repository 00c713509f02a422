"""What nobody sends by mistake, to every door there is."""
