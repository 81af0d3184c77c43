"""What may leave: terms of use, counts, files."""
