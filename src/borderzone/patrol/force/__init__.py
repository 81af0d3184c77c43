"""Cited records: what units see and move with, and what borders were held with."""
