"""Does a store keep the condition of a conditional write? One that does not would let two writers undo each other unseen."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

_NO_BODY: Final = hashlib.sha256(b"").hexdigest()


def keeps_conditions(address: str, *, options: Mapping[str, str]) -> bool:
    """Write an empty object twice, the second time on condition that there is none; tell whether that was refused.

    Where it cannot be tried, because the store answers such a request in another way, it is taken to be so.

    Parameters
    ----------
    address : a prefix such as ``s3://bucket/prefix``.
    options : keys, region and endpoint, as the client of Delta tables takes them.
    """
    import httpx

    endpoint = options.get("aws_endpoint_url") or f"https://s3.{options['aws_region']}.amazonaws.com"
    url = f"{endpoint}/{quote(address.removeprefix('s3://'))}/.condition-{uuid.uuid4().hex}"
    try:
        with httpx.Client(timeout=10.0) as client:

            def asked(method: str, **headers: str) -> int:
                # The time of the store itself: a signature is good for some minutes around it.
                now = parsedate_to_datetime(client.head(endpoint).headers["Date"])
                signed = _signed(method, url, at=f"{now:%Y%m%dT%H%M%SZ}", options=options, headers=headers)
                return client.request(method, url, headers=signed).status_code

            if asked("PUT") not in {200, 201}:
                return True
            again = asked("PUT", **{"if-none-match": "*"})
            asked("DELETE")
    except (httpx.HTTPError, KeyError, ValueError):
        return True
    return again not in {200, 201}


def _signed(
    method: str, url: str, *, at: str, options: Mapping[str, str], headers: Mapping[str, Any]
) -> dict[str, str]:
    """Return the headers of a signed request without a body (AWS Signature Version 4, "Create a signed request")."""
    parts = urlsplit(url)
    given = {"host": parts.netloc, "x-amz-content-sha256": _NO_BODY, "x-amz-date": at, **headers}
    if token := options.get("aws_session_token"):
        given["x-amz-security-token"] = token
    names = ";".join(sorted(given))
    lines = "".join(f"{name}:{given[name]}\n" for name in sorted(given))
    request = f"{method}\n{parts.path}\n\n{lines}\n{names}\n{_NO_BODY}"
    scope = f"{at[:8]}/{options['aws_region']}/s3/aws4_request"
    key = f"AWS4{options['aws_secret_access_key']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    who = f"Credential={options['aws_access_key_id']}/{scope}"
    return given | {"authorization": f"AWS4-HMAC-SHA256 {who}, SignedHeaders={names}, Signature={signature}"}
