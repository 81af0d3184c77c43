"""Reported events: read with a verdict on every row, placed only as precisely as reported."""

from __future__ import annotations

from borderzone.incidents.readers import read
from borderzone.incidents.verdict import check, rejected, require_usable

__all__ = ["check", "read", "rejected", "require_usable"]
