"""The vaccine management console."""
