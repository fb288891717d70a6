"""FQM beside the site: customers who join at its touch screen and are pulled by a clerk, as fast as it answers.

The address is that of an FQM that runs as its guide advises for production, with office 1, task 1, touch screen tickets
that are registered by name, and its first user. FQM ends no service and hands nobody on, so a customer is carried
through with two actions there, with four or more here.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from benchmarks.quality._live_http import Answer, Http

CLIENTS = 16
_USER, _PASSWORD = "Admin", "admin"
_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Peer:
    """What FQM did, turn by turn."""

    customers: list[float] = field(default_factory=list)
    failed: int = 0
    calls: int = 0
    answers: Counter[str] = field(default_factory=Counter)


class _Client:
    """A customer at the touch screen and a clerk who has signed in, with one browser."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        self.token = ""

    async def begin(self) -> None:
        """Sign in, and keep the form's token, which holds for an hour."""
        page = await self._send("GET", "/")
        await self._send("POST", "/", name=_USER, password=_PASSWORD, csrf_token=_found(page))
        self.token = _found(await self._send("GET", "/serial/1/1"))

    async def join(self, name: str) -> Answer:
        """Take a ticket."""
        return await self._send("POST", "/serial/1/1", name=name, csrf_token=self.token)

    async def call(self) -> Answer:
        """Pull the next ticket of the task."""
        return await self._send("GET", "/pull/1/1")

    async def _send(self, method: str, path: str, **form: str) -> Answer:
        cookie = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())} if self._cookies else {}
        # Its workers keep no connection, so neither does the client.
        async with Http(self._port, {"Connection": "close", **cookie}) as http:
            answer = await http.send(method, path, urlencode(form).encode(), _FORM)
        if "set-cookie" in answer.headers:
            name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer


def _found(page: Answer) -> str:
    found = _TOKEN.search(page.body)
    if found is None:
        raise RuntimeError(f"FQM shows no form (status {page.status}): is it set up?")
    return found.group(1).decode()


async def rates(url: str, *, turns: int, seconds: float) -> Peer:
    """Saturate FQM in turns."""
    port, found = urlsplit(url).port or 80, Peer()
    clients = [_Client(port) for _ in range(CLIENTS)]
    for one in clients:
        await one.begin()
    for _ in range(turns):
        found.customers.append(await _turn(clients, found, seconds=seconds))
    return found


async def _turn(clients: list[_Client], found: Peer, *, seconds: float) -> float:
    loop, through = asyncio.get_running_loop(), 0
    start = loop.time() + 2.0

    async def client(one: _Client) -> None:
        nonlocal through
        while loop.time() < start + seconds:
            joined = await one.join("customer")
            called = await one.call()
            good = joined.status == called.status == 302
            found.answers[f"{joined.status} {called.status}"] += 1
            found.failed += not good
            found.calls += called.status == 302
            through += good and start <= loop.time() < start + seconds

    await asyncio.gather(*(client(one) for one in clients))
    return through / seconds
