"""Keeps the secrets that stand in addresses out of the logs: whoever reads a log must not be able to follow the links."""

from __future__ import annotations

import logging
import re
from typing import Final

#: The part of an address after which a secret stands: links that sign in, keys of devices, tickets, appointments.
_SECRET: Final = re.compile(
    r"(/(?:enter|device|t|a|kiosk/[^/\s]+/[^/\s]+/ticket|live/ticket|api/v1/(?:tickets|appointments)|password/reset/key)/)"
    r"[^/\s?.'\"]{6,}"
)

#: From here on the fault is ours, and its trace is wanted.
_FAILED: Final = 500


def masked(text: str) -> str:
    """Return a text without the secrets of the addresses in it.

    >>> masked("Gone: /enter/Zk3vQ9x_-secret"), masked("Not Found: /t/abcDEF123456/do")
    ('Gone: /enter/***', 'Not Found: /t/***/do')
    """
    return _SECRET.sub(r"\1***", text)


class Masked(logging.Filter):
    """Lets every record pass, masked."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask what a record says; where a request was refused, a line is enough."""
        if getattr(record, "status_code", _FAILED) < _FAILED:
            record.exc_info = None
        said = record.getMessage()
        kept = masked(said)
        if kept != said:
            record.msg, record.args = kept, None
        return True
