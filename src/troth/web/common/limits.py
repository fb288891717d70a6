"""How often somebody whom nobody knows may do something: from one network address, within some minutes.

All web processes count together. A crowd that shares an address, such as a branch's own Wi-Fi, must fit into the bound:
it stops programs, not people.
"""

from __future__ import annotations

import ipaddress
import time
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from troth.web.common.shared import count

#: Seconds that are counted together.
WINDOW_S: Final = 600
#: Who has an address of the newer kind has all that begin with so many bits.
_OWN_BITS: Final = 64


def too_often(request: HttpRequest, what: str) -> bool:
    """Count one more attempt from the address of a request, and tell whether that is more than may be.

    Parameters
    ----------
    request : whose.
    what : a word for the attempts that are counted together.
    """
    if not settings.PUBLIC_LIMIT:
        return False
    key = f"often-{what}-{_address(request)}-{int(time.time() // WINDOW_S)}"
    return count(key, lasts_s=WINDOW_S) > settings.PUBLIC_LIMIT


def _address(request: HttpRequest) -> str:
    said = request.META.get("REMOTE_ADDR") or ""
    try:
        known = ipaddress.ip_address(said.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ipaddress.ip_network((int(known), _OWN_BITS), strict=False).network_address)
