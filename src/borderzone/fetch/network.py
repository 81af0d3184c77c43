"""How the network is used: from where, how much, how patiently."""

from __future__ import annotations

from dataclasses import dataclass

from borderzone._guards import check_non_negative, check_positive, check_whole, guarded

__all__ = ["Network"]


@guarded
@dataclass(frozen=True, kw_only=True)
class Network:
    """
    How the network is used.

    Attributes
    ----------
    mirror
        Root of your own copy of a store; the public store when left out.
        Https, or http on this machine.
    max_gb
        Most that one call may bring. Units: GB (10^9 bytes).
    timeout_s
        Longest wait for an answer, and for the next bytes. Units: s.
    attempts
        Tries in a row that bring nothing before a file is given up.
    backoff_s
        Pause after the first failure; it doubles with each. Units: s.
    connections
        Files brought at a time.

    Examples
    --------
    >>> Network(max_gb=5).timeout_s
    30.0
    """

    mirror: str | None = None
    max_gb: float = 20.0
    timeout_s: float = 30.0
    attempts: int = 5
    backoff_s: float = 0.5
    connections: int = 4

    def __post_init__(self) -> None:
        """Refuse what cannot be carried out."""
        check_positive(self.max_gb, "max_gb", "GB")
        check_positive(self.timeout_s, "timeout_s", "s")
        check_non_negative(self.backoff_s, "backoff_s", "s")
        for name, most in (("attempts", 100), ("connections", 16)):
            whole = check_whole(getattr(self, name), name, highest=most)
            object.__setattr__(self, name, whole)

    @property
    def max_bytes(self) -> int:
        """
        Most that one call may bring.

        Returns
        -------
        int
            Units: byte.
        """
        return int(self.max_gb * 1e9)
