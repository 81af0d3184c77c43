"""A token that a service asks for: from the environment only, and never shown."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from borderzone.errors import InvalidParameterError

__all__ = ["Account"]


@dataclass(frozen=True, kw_only=True)
class Account:
    """
    A token, and the header that it travels in.

    Attributes
    ----------
    header
        Name of the header.
    variable
        Environment variable that holds the token.
    apply_at
        Where a token is to be had.
    secret
        The token; None where the variable is not set.
    """

    header: str
    variable: str
    apply_at: str
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, *, header: str, variable: str, apply_at: str) -> Account:
        """Take the token from the environment."""
        secret = os.environ.get(variable, "").strip() or None
        if secret is not None and not re.fullmatch(r"[\x21-\x7e]{1,1024}", secret):
            # The value stays out of the message.
            msg = (
                f"{variable} holds spaces, line ends or other signs that no token has; set it anew"
            )
            raise InvalidParameterError(msg)
        return cls(header=header, variable=variable, apply_at=apply_at, secret=secret)

    @property
    def remedy(self) -> str:
        """Say what to do when the service refuses."""
        if self.secret is None:
            return (
                f"it wants a token: put yours into the environment variable {self.variable} "
                f"({self.apply_at})"
            )
        return (
            f"the token in the environment variable {self.variable} does not hold, was used up for "
            f"today, or was not sent to this address ({self.apply_at})"
        )
