"""Travel times from a routing server: OSRM or Valhalla by URL, asked in blocks, not believed blindly, with a way out."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.travel._answers import ADVICE, NoAnswerError, believed, in_metres
from troth.field.travel.places import Floats, Places, check_places, degrees, usable
from troth.field.travel.times import TravelPattern, TravelProvider, TravelTimes

#: Bytes of an answer for one pair, and on top: more is no table.
_BYTES: Final = 64
_ON_TOP: Final = 1 << 20
#: The longest wait a server may ask for, in seconds.
_PATIENCE_S: Final = 30.0
#: Answers worth another try: too many requests, and what a server's own fault or restart looks like.
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, eq=False)
class ServerTerms:
    """How a server is asked.

    Parameters
    ----------
    block : places on each side of a request at most; OSRM allows 100 in all by default, Valhalla 50 on each side.
    tries : how often a request is tried.
    timeout_s : seconds until an answer is given up.
    backoff_s : seconds before the second try, doubled before each further one.
    pause : how to wait.
    """

    block: int = 50
    tries: int = 3
    timeout_s: float = 20.0
    backoff_s: float = 0.5
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True, eq=False)
class _Server(ABC):
    """What both servers have in common: blocks, tries, doubts, and another provider for what they do not answer."""

    url: str
    profile: str
    fallback: TravelProvider | None = None
    pattern: TravelPattern = field(default_factory=TravelPattern)
    terms: ServerTerms = field(default_factory=ServerTerms)

    def __post_init__(self) -> None:
        problems = _check(self.url, self.terms)
        if problems:
            raise InputError(problems)

    @property
    def where(self) -> str:
        """The server as issues name it: without a password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{'' if parts.port is None else f':{parts.port}'}{parts.path}"

    def matrix(self, places: Places, *, destinations: Places | None = None) -> TravelTimes:
        """Return travel times from every place to every other, or to other destinations.

        What the server does not answer, or answers in a way that cannot be true, is taken from the fallback, with an issue that
        says so; without a fallback it is unreachable.
        """
        origins, goals = degrees(places)[0], None if destinations is None else degrees(destinations)[0]
        issues = check_places(places) + ([] if destinations is None else check_places(destinations))
        ends = origins if goals is None else goals
        seconds = np.full((len(origins), len(ends)), np.inf)
        metres = seconds.copy()
        open_ = usable(origins)[:, None] & usable(ends)[None, :]
        unknown = np.zeros_like(open_)
        faults: dict[str, list[Any]] = {}
        for rows, columns in self._blocks(np.flatnonzero(open_.any(axis=1)), np.flatnonzero(open_.any(axis=0))):
            pick = np.ix_(rows, columns)
            try:
                if any(fault[2] for fault in faults.values()):
                    unknown[pick] = True
                    continue
                found = believed(self._asked(origins[rows], ends[columns]), origins[rows], ends[columns])
                seconds[pick], metres[pick] = found
            except NoAnswerError as wrong:
                unknown[pick] = True
                known = faults.setdefault(wrong.code, [wrong.value, 0, False])
                known[1] += 1
                known[2] = known[2] or wrong.dead
        # With somebody else to ask it is a doubt: there are times, though not the server's.
        severity = Severity.ERROR if self.fallback is None else Severity.WARNING
        for code, (value, count, _) in faults.items():
            issues.append(Issue(code, severity, self.where, value, ADVICE[code], count))
        if unknown.any():
            more = self._filled(seconds, metres, unknown, places, destinations)
            issues += [one for one in more if one not in issues]
        lost = int((open_ & ~np.isfinite(seconds) & ~unknown).sum())
        if lost:
            advice = "Maybe an island, or a place the server's map does not have."
            issues.append(Issue("unreachable", Severity.WARNING, self.where, "", advice, lost))
        seconds = np.where(seconds > 0, seconds + self.pattern.fixed_s * ~unknown, seconds)
        same = (origins[:, None, :] == ends[None, :, :]).all(axis=2)
        seconds[same], metres[same] = 0.0, 0.0
        return TravelTimes(seconds.astype(np.float32), metres.astype(np.float32), self.pattern, tuple(issues))

    def _filled(
        self, seconds: Floats, metres: Floats, unknown: Any, places: Places, destinations: Places | None
    ) -> list[Issue]:
        """Fill what the server did not answer from the fallback, and say so."""
        pairs = int(unknown.sum())
        if self.fallback is None:
            advice = "Maybe name a fallback, such as the straight way with a detour: without one these are unreachable."
            return [Issue("no-fallback", Severity.ERROR, self.where, f"{pairs} pairs", advice)]
        other = self.fallback.matrix(places, destinations=destinations)
        seconds[unknown], metres[unknown] = other.seconds[unknown], other.metres[unknown]
        shown = f"{pairs} of {unknown.size} pairs by {type(self.fallback).__name__}"
        advice = "Maybe compute again when the server answers: times from two sources do not fit together well."
        return [*other.issues, Issue("fallback-used", Severity.WARNING, self.where, shown, advice)]

    def _blocks(self, rows: Any, columns: Any) -> Iterator[tuple[Any, Any]]:
        size = self.terms.block
        for i in range(0, len(rows), size):
            for j in range(0, len(columns), size):
                yield rows[i : i + size], columns[j : j + size]

    def _asked(self, origins: Floats, ends: Floats) -> Any:
        """Return what the server answers, tried again where that may help."""
        limit = _ON_TOP + _BYTES * len(origins) * len(ends)
        wait, last = self.terms.backoff_s, NoAnswerError("server-dead", "", dead=True)
        # Proxies of the environment are for the web; a routing server is one's own.
        with httpx.Client(timeout=self.terms.timeout_s, trust_env=False, follow_redirects=False) as client:
            for turn in range(self.terms.tries):
                if turn:
                    self.terms.pause(wait)
                    wait *= 2
                try:
                    with client.stream(**self._request(origins, ends)) as answer:
                        status, text = answer.status_code, _body(answer, limit)
                        asked = answer.headers.get("retry-after", "")
                except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as wrong:
                    last = NoAnswerError("server-dead", f"{type(wrong).__name__}: {wrong}"[:120], dead=True)
                    continue
                if status in _AGAIN:
                    last = NoAnswerError("server-dead", f"status {status}", dead=True)
                    wait = max(wait, min(float(asked), _PATIENCE_S)) if asked.isdecimal() else wait
                    continue
                if text is None:
                    raise NoAnswerError("server-answer-huge", f"more than {limit} bytes", dead=True)
                return self._read(status, text)
        raise last

    def _read(self, status: int, text: bytes) -> Any:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            shown = f"status {status}: {text[:60].decode('utf-8', 'replace')}"
            raise NoAnswerError("server-answer-bad", shown, dead=status != 200)
        return self._tables(status, data)

    @abstractmethod
    def _request(self, origins: Floats, ends: Floats) -> dict[str, Any]:
        """Return what httpx is to ask for a block of the table."""

    @abstractmethod
    def _tables(self, status: int, data: dict[str, Any]) -> tuple[Any, Any]:
        """Return seconds and metres of an answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Osrm(_Server):
    """Travel times from an OSRM server's table service (version 1, from its published definition).

    Parameters
    ----------
    url : address without ``/table/v1``, http or https.
    profile : what the server was prepared for; OSRM itself does not look at it.
    fallback : who is asked for what the server does not answer.
    pattern : hours, parking and spread; the server knows none of them.
    terms : how it is asked.
    """

    profile: str = "driving"

    def _request(self, origins: Floats, ends: Floats) -> dict[str, Any]:
        n, m = len(origins), len(ends)
        points = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in np.concatenate([origins, ends]).tolist())
        asked = {
            "annotations": "duration,distance",
            "sources": ";".join(map(str, range(n))),
            "destinations": ";".join(map(str, range(n, n + m))),
        }
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        return {
            "method": "GET",
            "url": f"{self.url.rstrip('/')}/table/v1/{quote(self.profile, safe='')}/{points}?{query}",
        }

    def _tables(self, status: int, data: dict[str, Any]) -> tuple[Any, Any]:
        if data.get("code") != "Ok":
            shown = f"status {status}: {data.get('code')}: {data.get('message', '')}"[:120]
            raise NoAnswerError("server-refused", shown, dead=data.get("code") != "NoSegment")
        return data.get("durations"), data.get("distances")


@dataclass(frozen=True, slots=True, eq=False)
class Valhalla(_Server):
    """Travel times from a Valhalla server's ``sources_to_targets`` (from its published definition).

    A block that it refuses with an ``error_code``, such as 171 for a place without a street nearby, is taken from the fallback;
    the other blocks are asked.

    Parameters
    ----------
    url : address without ``/sources_to_targets``, http or https.
    profile : costing: auto, truck, bicycle, pedestrian, ...
    fallback, pattern, terms : as of `Osrm`.
    """

    profile: str = "auto"

    def _request(self, origins: Floats, ends: Floats) -> dict[str, Any]:
        sides = ([{"lat": lat, "lon": lon} for lat, lon in side.tolist()] for side in (origins, ends))
        asked = dict(zip(("sources", "targets"), sides, strict=True), costing=self.profile, units="kilometers")
        return {"method": "POST", "url": f"{self.url.rstrip('/')}/sources_to_targets", "json": asked}

    def _tables(self, status: int, data: dict[str, Any]) -> tuple[Any, Any]:
        found = data.get("sources_to_targets")
        if isinstance(found, dict):  # not verbose
            return found.get("durations"), in_metres(found.get("distances"))
        if not isinstance(found, list):
            shown = f"status {status}: {data.get('error_code', '')} {data.get('error', '')}"[:120]
            # One place without a street nearby (171), or no way to it (170, 442), is no fault of the others; who has no word for
            # what is wrong is another program.
            raise NoAnswerError("server-refused", shown, dead="error_code" not in data)
        seconds, kilometres = (
            [
                [one.get(name) if isinstance(one, dict) else name for one in row] if isinstance(row, list) else row
                for row in found
            ]
            for name in ("time", "distance")
        )
        return seconds, in_metres(kilometres)


def _body(answer: httpx.Response, limit: int) -> bytes | None:
    """Return what a server sends; None if it is more than a table can be."""
    parts, size = list[bytes](), 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


def _check(url: str, terms: ServerTerms) -> list[Issue]:
    """Return what is wrong with how a server is to be asked."""
    issues = []
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        port = parts.port
    except ValueError:
        fine, port = False, None
    if not fine or port == 0:
        advice = "Maybe http://localhost:5000: only http and https, with a host, without a question mark."
        issues.append(Issue("bad-server-url", Severity.ERROR, "url", url.rpartition("@")[2][:80], advice))
    for name, value, low, high in (
        ("block", terms.block, 1, 5_000), ("tries", terms.tries, 1, 20), ("timeout_s", terms.timeout_s, 0.01, 3_600),
        ("backoff_s", terms.backoff_s, 0, 60),
    ):  # fmt: skip
        if not low <= value <= high:
            advice = f"Maybe between {low} and {high}."
            issues.append(Issue("bad-server-terms", Severity.ERROR, name, str(value), advice))
    return issues
