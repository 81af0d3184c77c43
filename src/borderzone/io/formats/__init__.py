"""Formats that strangers fill: each looked at before a driver opens it."""
