"""Data from elsewhere, brought to canonical tables by a small mapping each: what the controls say of it."""
