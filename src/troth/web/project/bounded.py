"""A bound on what one request may bring: Django keeps the whole of a body before anybody has looked at whose it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

#: A sheet of eight megabytes (`people.sheets.BYTES`) with the form around it; nothing else is nearly as long.
MOST: Final = 9_000_000


class Bounded:
    """Refuses long bodies (413): at once where the length is told, else as soon as it is exceeded.

    Parameters
    ----------
    rest : the application for all other requests.
    most : bytes of a body.
    """

    def __init__(self, rest: Application, *, most: int = MOST) -> None:
        self.rest = rest
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.rest(scope, receive, send)
        elif self._told(scope) > self.most:
            await send({"type": "http.response.start", "status": 413, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"Too long."})
        else:
            await self.rest(scope, self._counted(receive), send)

    def _told(self, scope: Scope) -> int:
        said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        return int(said) if said.isdigit() else 0

    def _counted(self, receive: Receive) -> Receive:
        """Return what receives the same, until it is too much: then the client counts as gone."""
        had = 0

        async def counted() -> Message:
            nonlocal had
            message = await receive()
            had += len(message.get("body", b""))
            return {"type": "http.disconnect"} if had > self.most else message

        return counted
