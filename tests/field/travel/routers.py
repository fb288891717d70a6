"""Routing servers on this machine, made from the published definitions of OSRM's table service and Valhalla's matrix.

Times are the straight way at 10 m/s, so that any provider's answer can be told from theirs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from troth.field.travel.places import straight_m

#: What is done to an answer before it is sent: status, body.
Spoil = Callable[[dict[str, Any]], tuple[int, bytes]]


def whole(answer: dict[str, Any]) -> tuple[int, bytes]:
    """Send the answer as it is."""
    return 200, json.dumps(answer).encode()


@dataclass
class FakeRouter:
    """A server that answers for OSRM or Valhalla; `spoil` is called with each answer's number."""

    url: str = ""
    asked: list[tuple[int, int]] = field(default_factory=list)
    spoil: Callable[[int, dict[str, Any]], tuple[int, bytes]] = lambda _, answer: whole(answer)
    limit: int = 100

    def osrm(self, path: str) -> tuple[int, bytes]:
        """Answer ``/table/v1/{profile}/{lon,lat;...}?sources=...&destinations=...&annotations=...``."""
        parts = urlsplit(path)
        places = np.array([one.split(",") for one in parts.path.rsplit("/", 1)[1].split(";")], dtype=np.float64)[
            :, ::-1
        ]
        query = parse_qs(parts.query)
        assert query["annotations"] == ["duration,distance"]
        if len(places) > self.limit:
            return 400, json.dumps({"code": "TooBig", "message": "Too many table coordinates"}).encode()
        rows, columns = ([int(k) for k in query[name][0].split(";")] for name in ("sources", "destinations"))
        metres = straight_m(places[rows], places[columns])
        self.asked.append(metres.shape)
        answer = {"code": "Ok", "durations": (metres / 10).round(1).tolist(), "distances": metres.round(1).tolist()}
        return self.spoil(len(self.asked), answer)

    def valhalla(self, data: dict[str, Any]) -> tuple[int, bytes]:
        """Answer ``/sources_to_targets`` with a list of lists of time and distance in kilometres."""
        sides = [np.array([(one["lat"], one["lon"]) for one in data[name]]) for name in ("sources", "targets")]
        assert data["units"] == "kilometers" and data["costing"] == "auto"
        metres = straight_m(*sides)
        self.asked.append(metres.shape)
        rows = [
            [
                {"from_index": i, "to_index": j, "time": round(m / 10), "distance": round(m / 1000, 3)}
                for j, m in enumerate(row)
            ]
            for i, row in enumerate(metres.tolist())
        ]
        return self.spoil(len(self.asked), {"units": "kilometers", "sources_to_targets": rows})


@contextmanager
def running(router: FakeRouter) -> Iterator[FakeRouter]:
    """Let a router answer on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(*router.osrm(self.path))

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["content-length"]))
            self._answer(*router.valhalla(json.loads(text)))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    router.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield router
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
