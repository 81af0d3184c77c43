"""Compiled inner loops over plain arrays: numbers in, numbers out."""
