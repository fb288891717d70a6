"""An S3-compatible server for tests: moto behind a gate that does what S3 does and moto does not.

S3 decides on a conditional write at one moment and answers a key it does not know with 403; moto takes any key. The
server is a process of its own, for the client of Delta tables lets no other thread of its process run while it waits.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

KEY, SECRET = "known-key", "never-to-be-seen"
_REFUSED = b"<Error><Code>InvalidAccessKeyId</Code><AWSAccessKeyId>somebody</AWSAccessKeyId></Error>"


class Gate:
    """What stands before moto, in the process of the server."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._app = DomainDispatcherApplication(create_backend_app)
        self._one_at_a_time = threading.Lock()
        self._seen: list[tuple[str, str, str]] = []
        self._listening: Any = None
        self._port = 0
        self._careless = False

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if f"Credential={KEY}/" not in environ.get("HTTP_AUTHORIZATION", ""):
            start("403 Forbidden", [("Content-Type", "application/xml")])
            return [_REFUSED]
        self._seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_IF_NONE_MATCH", "")))
        if self._careless:
            environ.pop("HTTP_IF_NONE_MATCH", None)
        with self._one_at_a_time:
            return list(self._app(environ, start))

    def start(self) -> int:
        from werkzeug.serving import make_server

        self._listening = make_server("127.0.0.1", self._port, self, threaded=True)
        self._port = self._listening.server_port
        threading.Thread(target=self._listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self._port

    def stop(self) -> None:
        self._listening.shutdown()
        self._listening.server_close()

    def careless(self, value: bool) -> None:
        """Be a store that takes no notice of conditions, or not."""
        self._careless = value

    def requests(self) -> list[tuple[str, str, str]]:
        seen, self._seen = self._seen, []
        return seen

    def make(self, bucket: str) -> None:
        self._backend().create_bucket(bucket, "us-east-1")

    def objects(self, bucket: str) -> dict[str, bytes]:
        return {name: key.value for name, key in self._backend().buckets[bucket].keys.items()}

    def replace(self, bucket: str, key: str, content: bytes) -> None:
        self._backend().put_object(bucket, key, content)

    @staticmethod
    def _backend() -> Any:
        from moto.s3.models import s3_backends

        return s3_backends["123456789012"]["aws"]


def _serve(pipe: Any) -> None:
    """Do what is asked until nobody is there any more."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    gate = Gate()
    while True:
        try:
            name, arguments = pipe.recv()
        except EOFError:
            return
        pipe.send(getattr(gate, name)(*arguments))


class Server:
    """The server as tests see it.

    `start` and `stop` let it listen and not, always at one port, `requests` gives method, path and condition of what
    was asked since it was last called, `objects` the content of a bucket.
    """

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self.endpoint = f"http://127.0.0.1:{self.ask('start')}"

    def ask(self, name: str, *arguments: Any) -> Any:
        self._pipe.send((name, arguments))
        return self._pipe.recv()

    def requests(self) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = self.ask("requests")
        return found

    def objects(self, bucket: str) -> dict[str, bytes]:
        found: dict[str, bytes] = self.ask("objects", bucket)
        return found


@contextmanager
def serving() -> Iterator[Server]:
    """Give a server in a process of its own."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    there.close()
    yield Server(here)
    here.close()
    process.join(5)
    process.kill()
