"""A small HTTP client that takes little of the cores it shares with the server: connections kept, nothing parsed twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Self

#: Servers close connections that were idle for about 5 s; older ones are not used again.
_FRESH_S = 2.5
_LIMIT_S = 30.0


class Answer(NamedTuple):
    """Status, headers in small letters, and body; status 0 when there was no answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as data; None without one."""
        return json.loads(self.body) if self.body else None


_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Http:
    """Connections to one address on loopback.

    Parameters
    ----------
    port : where it listens.
    headers : sent with every request.
    """

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._port = port
        self._head = "".join(f"{k}: {v}\r\n" for k, v in {"Host": f"127.0.0.1:{port}", **headers}.items())
        self._idle: list[tuple[float, _Line]] = []
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for writer in list(self._open):
            await self._close(writer)

    async def send(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> Answer:
        """Send one request on a connection of its own; never twice."""
        reader, writer = await self._line()
        head = f"{method} {path} HTTP/1.1\r\n{self._head}"
        if body or method == "POST":
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        try:
            writer.write(head.encode() + b"\r\n" + body)
            async with asyncio.timeout(_LIMIT_S):
                answer = await _read(reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            await self._close(writer)
            return Answer(0, {}, b"")
        if answer.headers.get("connection", "").lower() == "close":
            await self._close(writer)
        else:
            self._idle.append((asyncio.get_running_loop().time(), (reader, writer)))
        return answer

    async def _line(self) -> _Line:
        now = asyncio.get_running_loop().time()
        while self._idle:
            since, line = self._idle.pop()
            if now - since < _FRESH_S and not line[0].at_eof():
                return line
            await self._close(line[1])
        line = await asyncio.open_connection("127.0.0.1", self._port)
        self._open.add(line[1])
        return line

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    headers = {}
    for one in head[1:]:
        name, _, value = one.partition(":")
        headers[name.lower()] = value.strip()
    body = b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
    elif length := int(headers.get("content-length", 0)):
        body = await reader.readexactly(length)
    return Answer(status, headers, body)
