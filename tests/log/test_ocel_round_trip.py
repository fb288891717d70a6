"""OCEL round trips: random logs and the published example go out as they came."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.log.ocel_logs import canon, export, issues, rejects, take, write

_IDS = st.text(max_size=4).filter(lambda t: t != "" and not t.startswith("troth:"))
_VALUES = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
_FIRST, _LAST = datetime(1900, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001
_TIMES = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)).map(lambda t: t.isoformat())


@st.composite
def logs(draw: st.DrawFn) -> dict[str, Any]:
    """Return a random log."""
    names = st.text(min_size=1, max_size=4)
    types = st.dictionaries(
        names, st.dictionaries(names, st.sampled_from(["string", "integer", "time"]), max_size=2), max_size=2
    )
    objects = draw(st.dictionaries(_IDS, names, max_size=4))
    relations = st.lists(
        st.tuples(st.sampled_from(sorted(objects)) if objects else _IDS, names), max_size=3, unique=True
    )

    def related() -> list[dict[str, str]]:
        return [{"objectId": o, "qualifier": q} for o, q in draw(relations)]

    def typed() -> list[dict[str, Any]]:
        found = draw(types)
        return [{"name": n, "attributes": [{"name": a, "type": t} for a, t in s.items()]} for n, s in found.items()]

    values = st.lists(st.tuples(names, _VALUES), max_size=3, unique_by=lambda v: v[0])
    return {
        "objectTypes": typed(),
        "eventTypes": typed(),
        "objects": [
            {
                "id": i,
                "type": t,
                "attributes": [{"name": n, "time": draw(_TIMES), "value": v} for n, v in draw(values)],
                "relationships": related(),
            }
            for i, t in objects.items()
        ],
        "events": [
            {
                "id": i,
                "type": t,
                "time": draw(_TIMES),
                "attributes": [{"name": n, "value": v} for n, v in draw(values)],
                "relationships": related(),
            }
            for i, t in draw(st.dictionaries(_IDS, names, max_size=4)).items()
        ],
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(log=logs())
def test_any_log_goes_out_as_it_came(tmp_path: Path, log: dict[str, Any]) -> None:
    """Random types, objects, histories, relations and values survive import and export."""
    batches = take(write(tmp_path / "a.json", log))
    assert rejects(batches) == []
    assert canon(export(batches, tmp_path / "b.json")) == canon(log)


@pytest.mark.parametrize("form", ["jsonocel", "xmlocel", "sqlite"])
@pytest.mark.parametrize("case_type", [None, "Invoice"])
def test_the_published_example_goes_out_as_it_came(
    samples: Path, tmp_path: Path, form: str, case_type: str | None
) -> None:
    """All forms of the running example (Berti et al. 2023) give the same log; the export equals it and fits its schema."""
    folder = samples / "ocel20"
    # The JSON form writes offsets; the other two write the same times on the clock of Aachen.
    batches = take(folder / f"ocel20_example.{form}", time_zone="Europe/Berlin", case_type=case_type)
    original = json.loads((folder / "ocel20_example.jsonocel").read_text("utf-8"))
    out = export(batches, tmp_path / "out.json")
    assert canon(out) == canon(original)
    assert [len(out[k]) for k in ("objects", "events", "objectTypes", "eventTypes")] == [9, 13, 4, 8]
    assert not rejects(batches)
    assert not issues(batches)
    assert_fits(out, json.loads((folder / "schema_ocel2.json").read_text("utf-8")))


def assert_fits(value: Any, rule: dict[str, Any]) -> None:
    """Check a value against the few words of JSON Schema that the OCEL 2.0 schema uses."""
    kinds = {"object": dict, "array": list, "string": str}
    assert set(rule) <= {"$schema", "type", "properties", "required", "items", "format"}
    assert isinstance(value, kinds[rule["type"]])
    if isinstance(value, dict):
        assert set(rule.get("required", ())) <= set(value)
        for name, inner in rule.get("properties", {}).items():
            if name in value:
                assert_fits(value[name], inner)
    if isinstance(value, list):
        for member in value:
            assert_fits(member, rule["items"])
    if rule.get("format") == "date-time":
        assert datetime.fromisoformat(value).tzinfo is not None
