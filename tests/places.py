"""Where the project and the stored results of other programs lie, seen from any test."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SCRIPTS = ROOT / "scripts"
ORACLES = TESTS / "oracles"
