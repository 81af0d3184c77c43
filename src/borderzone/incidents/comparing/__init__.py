"""Rates with exposure, flagged against other ground, pressure on segments, crossings."""
