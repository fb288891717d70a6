"""Reads a mapping from YAML and says everything that is wrong with it at once. See docs/guides/mapping.md."""

from __future__ import annotations

import difflib
import string
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.terms import ACTIVITIES, COMMON_KEYS, Actor, Flow, Kind, Origin
from troth.log.readers._clock import zone_advice
from troth.log.readers._mapping import (
    FIELDS,
    SPECIAL_FORMATS,
    UNITS,
    Column,
    Constant,
    Event,
    Field,
    Join,
    Mapped,
    Time,
    When,
)
from troth.log.readers._yaml import words_of

_TOP: Final = (
    "source", "time_zone", "times", "nulls", "id", "each", "events", "shift", "clock_slack", "delimiter", "decimal",
    "optional", "skip", "steps",
)  # fmt: skip
_EVENT: Final = (
    "name",
    "at",
    "when",
    "recorded_at",
    "attributes",
    "required",
    *(f for f in FIELDS if f != "source_id"),
)
_COLUMN: Final = ("column", "map", "other", "nulls")
_TIME: Final = ("column", "date", "time", "format", "after", "plus", "unit", "nulls")
_SHIFTS: Final = ("years", "months", "days", "hours", "minutes", "seconds")
_TESTS: Final = ("is", "in", "not", "not_in", "present", "above", "below")
_LIMIT: Final = 1 << 20

#: Fields whose plain word is one of a closed list rather than a column.
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "activity": tuple(ACTIVITIES),
    "actor": tuple(Actor),
    "direction": tuple(Flow),
    "origin": tuple(Origin),
    "subject_kind": tuple(Kind),
}


def near(word: str, among: Iterable[str]) -> str:
    """Return advice naming what a wrong word may have meant."""
    known = list(among)
    lower = {k.lower(): k for k in known}
    found = difflib.get_close_matches(word.lower(), list(lower), 1, 0.6)
    return f"Maybe {lower[found[0]]!r} is meant." if found else f"Maybe one of: {', '.join(known[:30])}."


def shipped() -> list[str]:
    """Return the names of the mappings that come with Troth."""
    folder = resources.files("troth.log") / "mappings"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load(name: str) -> Mapped:
    """Return a shipped mapping by name, or one from a YAML file.

    Raises
    ------
    InputError
        With every issue the mapping has.
    """
    if name in shipped():
        text = (resources.files("troth.log") / "mappings" / f"{name}.yaml").read_text("utf-8")
        return parse(text, where=name)
    path = Path(name)
    try:
        data = path.read_bytes()
    except OSError:
        advice = near(name, shipped()) + " A file is named by its path."
        raise InputError([Issue("unknown-mapping", Severity.ERROR, "mapping", name, advice)]) from None
    if len(data) > _LIMIT:
        raise InputError(
            [Issue("bad-mapping", Severity.ERROR, name, "", "Maybe this is not a mapping: it is far too long.")]
        )
    return parse(data.decode("utf-8", "replace"), where=path.name)


def parse(text: str, *, where: str = "mapping") -> Mapped:
    """Return the mapping that a YAML text says.

    Raises
    ------
    InputError
        With every issue it has.
    """
    plain, problem = words_of(text)
    if problem:
        advice = "Maybe the indentation is wrong, or a text with ':' or '#' lacks its quotation marks."
        raise InputError([Issue("bad-mapping", Severity.ERROR, where, problem, advice)])
    builder = _Builder(where)
    mapped = builder.mapped(plain)
    if builder.issues or mapped is None:
        raise InputError(builder.issues)
    return mapped


class _Builder:
    """Turns plain data into a mapping, collecting issues on the way."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.issues: list[Issue] = []
        self.formats: tuple[str, ...] = ("iso",)
        self.nulls: tuple[str, ...] = ()
        self.steps: dict[Any, Any] = {}

    def wrong(self, code: str, path: str, value: object, advice: str) -> None:
        self.issues.append(Issue(code, Severity.ERROR, f"{self.where}: {path}", str(value)[:200], advice))

    def keys(self, data: object, known: Sequence[str], path: str) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.wrong("bad-mapping", path, data, f"Maybe keys are missing here, such as {', '.join(known[:4])}.")
            return {}
        for key in data:
            if key not in known:
                self.wrong("unknown-key", f"{path}.{key}".lstrip("."), key, near(str(key), known))
        return {str(k): v for k, v in data.items()}

    def words(self, data: object, path: str) -> tuple[str, ...]:
        if data is None:
            return ()
        items = data if isinstance(data, list) else [data]
        for item in items:
            if isinstance(item, dict | list):
                self.wrong("bad-mapping", path, item, "Maybe a list of plain words is meant.")
        return tuple("" if i is None else str(i) for i in items if not isinstance(i, dict | list))

    def mapped(self, plain: object) -> Mapped | None:
        top = self.keys(plain, _TOP, "")
        if not top:
            return None
        self.nulls = self.words(top.get("nulls"), "nulls")
        self.formats = self.format(top.get("times"), "times") or ("iso",)
        self.steps = self._steps(top.get("steps"))
        for needed in ("source", "events"):
            if not top.get(needed):
                self.wrong("missing-key", needed, "", f"Maybe the line `{needed}:` was forgotten.")
        zone = top.get("time_zone")
        if zone is not None and (advice := zone_advice(str(zone))):
            self.wrong("unknown-time-zone", "time_zone", zone, advice)
        each = self.keys(top.get("each") or {}, _EVENT, "each")
        events = top.get("events") or []
        if not isinstance(events, list):
            self.wrong("bad-mapping", "events", events, "Maybe each event should begin with a dash.")
            events = []
        built = [self.event(e, each, f"events[{i + 1}]", first=i == 0) for i, e in enumerate(events)]
        return Mapped(
            source=str(top.get("source", "")),
            events=_named([e for e in built if e is not None]),
            id=self.words(top.get("id"), "id"),
            time_zone=None if zone is None else str(zone),
            shift={
                k: int(self.number(v, f"shift.{k}"))
                for k, v in self.keys(top.get("shift") or {}, _SHIFTS, "shift").items()
            },
            clock_slack_s=self.number(top.get("clock_slack", 0), "clock_slack"),
            delimiter=self.delimiter(top.get("delimiter")),
            decimal="," if str(top.get("decimal", ".")) == "," else ".",
            optional=self.words(top.get("optional"), "optional"),
            skip=self.when(top.get("skip"), "skip"),
        )

    def _steps(self, data: object) -> dict[Any, Any]:
        """Return the table of steps that XES and OCEL logs use, and `map: steps` here."""
        if data is None or isinstance(data, dict):
            for step, word in (data or {}).items():
                self._word(str(word), f"steps.{step}", "activity")
            return data or {}
        self.wrong("bad-mapping", "steps", data, "Maybe lines of the form `step name: activity` are meant.")
        return {}

    def number(self, data: object, path: str) -> float:
        try:
            return float(str(data))
        except ValueError:
            self.wrong("bad-mapping", path, data, "Maybe a number is meant.")
            return 0.0

    def delimiter(self, data: object) -> str | None:
        if data is None:
            return None
        text = {"tab": "\t", "\\t": "\t"}.get(str(data), str(data))
        if len(text) != 1 or text in '"\r\n':
            self.wrong("bad-mapping", "delimiter", data, "Maybe one character such as ';' or the word tab is meant.")
        return text

    def event(self, plain: object, each: dict[str, Any], path: str, *, first: bool) -> Event | None:
        own = self.keys(plain, _EVENT, path)
        if not own:
            return None
        both = {**each, **own}
        attributes = {**(each.get("attributes") or {}), **(own.get("attributes") or {})}
        fields = {n: f for n in FIELDS if n in both and (f := self.field(both[n], f"{path}.{n}", n)) is not None}
        for needed in ("activity", "at"):
            if needed not in both:
                self.wrong("missing-key", f"{path}.{needed}", "", f"Maybe the line `{needed}:` was forgotten.")
        at = self.time(both.get("at"), f"{path}.at") if "at" in both else None
        when = self.when(own.get("when"), f"{path}.when") + self.when(each.get("when"), "each.when")
        built = Event(
            name=str(own.get("name", "")),
            at=at or Time(""),
            fields=fields,
            attributes=self.attributes(attributes, f"{path}.attributes", fields.get("activity")),
            when=when,
            recorded_at=self.time(both["recorded_at"], f"{path}.recorded_at") if "recorded_at" in both else None,
            required=first or bool(when),
        )
        return (
            replace(built, required=str(both["required"]).lower() in {"true", "yes"}) if "required" in both else built
        )

    def attributes(self, plain: dict[str, Any], path: str, activity: Field | None) -> dict[str, Field]:
        if not isinstance(plain, dict):
            self.wrong("bad-mapping", path, plain, "Maybe keys such as topic: are missing here.")
            return {}
        names = [activity.text] if isinstance(activity, Constant) else list(ACTIVITIES)
        allowed = COMMON_KEYS.union(*(ACTIVITIES[n].keys for n in names if n in ACTIVITIES)) - {"foreign"}
        found: dict[str, Field] = {}
        for key in sorted(map(str, plain)):
            if key not in allowed:
                self.wrong("unknown-attribute", f"{path}.{key}", key, near(key, sorted(allowed)))
            elif (field := self.field(plain[key], f"{path}.{key}", key)) is not None:
                found[key] = field
        return found

    def field(self, plain: object, path: str, name: str) -> Field | None:
        if plain is None:
            return None
        if isinstance(plain, str):
            return self._plain(plain, path, name)
        if isinstance(plain, list):
            return self._join(plain, "/", path)
        if isinstance(plain, dict) and "constant" in plain:
            self.keys(plain, ("constant",), path)
            return self._word(str(plain["constant"]), path, name)
        if isinstance(plain, dict) and "join" in plain:
            data = self.keys(plain, ("join", "with"), path)
            return self._join(data["join"], str(data.get("with", "/")), path)
        if isinstance(plain, dict) and "time" in plain and "column" not in plain:
            return self.time(self.keys(plain, ("time",), path)["time"], path)
        data = self.keys(plain, _COLUMN, path)
        if "column" not in data:
            self.wrong("missing-key", f"{path}.column", "", "Maybe the line `column:` was forgotten.")
            return None
        return self._column(data, path, name)

    def _plain(self, text: str, path: str, name: str) -> Field:
        if name in WORDS:
            return self._word(text, path, name)
        if name in {"value", "version"} and text.replace(".", "", 1).lstrip("-").isdigit():
            return Constant(text)
        return Column(text, self.nulls)

    def _word(self, text: str, path: str, name: str) -> Constant:
        if name in WORDS and text not in WORDS[name]:
            advice = f"{near(text, WORDS[name])} A column is written {{column: {text}}}."
            self.wrong(f"unknown-{name.replace('_', '-')}", path, text, advice)
        return Constant(text)

    def _column(self, data: dict[str, Any], path: str, name: str) -> Column:
        table = self.steps if data.get("map") == "steps" and self.steps else data.get("map")
        if table is not None and not isinstance(table, dict):
            self.wrong("bad-mapping", f"{path}.map", table, "Maybe lines of the form `their word: our word` are meant.")
            table = None
        translated = None if table is None else {_text(k): (None if v is None else str(v)) for k, v in table.items()}
        strict = translated is not None and "other" not in data and name in WORDS
        other = data.get("other", None if strict else "keep")
        outcomes = [*(translated or {}).values(), None if other == "keep" else other]
        for word in sorted({str(w) for w in outcomes if w is not None}):
            self._word(word, f"{path}.map", name)
        nulls = self.nulls + self.words(data.get("nulls"), f"{path}.nulls")
        text = None if other in {None, "keep"} else str(other)
        return Column(str(data["column"]), nulls, translated, text, other == "keep", strict)

    def _join(self, plain: object, between: str, path: str) -> Join:
        parts: list[Column | Constant] = []
        for i, item in enumerate(plain if isinstance(plain, list) else [plain]):
            part = self.field(item, f"{path}[{i + 1}]", "")
            if isinstance(part, Column | Constant):
                parts.append(part)
            else:
                self.wrong("bad-mapping", f"{path}[{i + 1}]", item, "Maybe a column or {constant: text} is meant.")
        return Join(tuple(parts), between)

    def time(self, plain: object, path: str) -> Time:
        if isinstance(plain, str):
            return Time(plain, formats=self.formats, nulls=self.nulls)
        data = self.keys(plain, _TIME, path)
        if ("column" in data) == ("date" in data):
            self.wrong("missing-key", path, "", "Maybe `column:` is meant, or `date:` together with `time:`.")
        if ("date" in data) != ("time" in data):
            self.wrong("missing-key", path, "", "Maybe `date:` and `time:` should stand together.")
        unit = str(data.get("unit", "s"))
        if unit not in UNITS:
            self.wrong("bad-mapping", f"{path}.unit", unit, near(unit, UNITS))
        return Time(
            column=str(data.get("date", data.get("column", ""))),
            clock=_maybe(data.get("time")),
            formats=self.format(data.get("format"), f"{path}.format") or self.formats,
            after=_maybe(data.get("after")),
            plus=_maybe(data.get("plus")),
            unit=unit,
            nulls=self.nulls + self.words(data.get("nulls"), f"{path}.nulls"),
        )

    def format(self, plain: object, path: str) -> tuple[str, ...]:
        formats = self.words(plain, path)
        for text in formats:
            if text in SPECIAL_FORMATS:
                continue
            try:
                codes = {part[0] for part in text.replace("%%", "").replace("%-", "%").split("%")[1:]}
            except IndexError:
                codes = {""}
            if "%" not in text or not codes <= set("YymdHIMSfpbBjzaA"):
                example = "%d/%m/%Y %H:%M" if any(c in string.ascii_letters for c in text) else "iso"
                self.wrong(
                    "bad-time-format", path, text, f"Maybe a format such as {example!r}, or iso, unix_s, unix_ms."
                )
        return formats

    def when(self, plain: object, path: str) -> tuple[When, ...]:
        if plain is None:
            return ()
        if not isinstance(plain, dict):
            self.wrong("bad-mapping", path, plain, "Maybe lines of the form `column: value` are meant.")
            return ()
        found: list[When] = []
        for column, test in plain.items():
            if not isinstance(test, dict):
                found.append(When(str(column), "is", self.words(test, f"{path}.{column}") or ("",)))
                continue
            for op, value in self.keys(test, _TESTS, f"{path}.{column}").items():
                if op in _TESTS:
                    found.append(self._test(str(column), op, value, f"{path}.{column}.{op}"))
        return tuple(found)

    def _test(self, column: str, op: str, value: object, path: str) -> When:
        if op == "present":
            return When(column, "present", ("true" if str(value).lower() in {"true", "yes"} else "false",))
        if op in {"above", "below"}:
            return When(column, op, (repr(self.number(value, path)),))
        return When(column, {"in": "is", "not_in": "not"}.get(op, op), self.words(value, path) or ("",))


def _text(key: object) -> str:
    return "" if key is None else str(key)


def _maybe(value: object) -> str | None:
    return None if value is None else str(value)


def _named(events: list[Event]) -> tuple[Event, ...]:
    """Give every event of a row a name of its own: the activity, numbered if it comes again."""
    seen: dict[str, int] = {}
    named = []
    for event in events:
        base = event.name or event.activity or "event"
        seen[base] = seen.get(base, 0) + 1
        named.append(replace(event, name=base if seen[base] == 1 else f"{base}-{seen[base]}"))
    return tuple(named)
