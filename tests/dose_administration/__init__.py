"""Tests of dose administration: open, check in, register, record, take back."""
