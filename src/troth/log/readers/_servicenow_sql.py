"""From the text of incident rows to events, in DuckDB's SQL.

Every event is made from the content of a single row, never from its neighbours. So a log gives the same events
however it is split into files and in whatever order they come.
"""

from __future__ import annotations

from troth.log.readers._rows import Header
from troth.log.readers._servicenow_rows import NAMES

#: Times as ServiceNow writes them: its own order, or day first.
_CLOCK = r"[ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?"
_ISO = rf"\d{{4}}-\d\d-\d\d{_CLOCK}"
_DAY_FIRST = r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"
_AWARE = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)"
TIMES = ("updated", "opened", "resolved", "closed", "reopened", "due")

#: The status each state means, by label and by number. Numbers 3 to 5 are "awaiting" in older instances.
STATES = {
    "new": "new|1",
    "open": "active|in progress|work in progress|2",
    "pending": "awaiting user info|awaiting caller|awaiting user|4",
    "on_hold": "on hold|awaiting problem|awaiting vendor|awaiting evidence|awaiting change|3|5",
    "solved": "resolved|6",
    "closed": "closed|closed complete|closed incomplete|7",
    "cancelled": "canceled|cancelled|8",
}

#: Ticks of the clock within a minute: audit rows in the order of their changes, then the summary of the case.
LAST_CHANGE = 9_998
RESOLVED_TICK = 9_999
CLOSED_TICK = 10_000

#: Of rows that tell of the same reopening the earliest counts: its version falls as time passes.
EARLIEST = 1 << 53


def text_sql(header: Header) -> str:
    """Return the selection that names the columns and makes `?` and blanks null."""
    picks = ["row"]
    for ours in NAMES:
        index = header.ours.get(ours)
        value = "NULL::VARCHAR" if index is None else f"nullif(nullif(trim(c{index}), ''), '?')"
        picks.append(f"{value} AS {ours}")
    pieces = [
        f"""'{_json_name(name)}:' || to_json(nullif(nullif(trim(c{i}), ''), '?'))"""
        for name, i in header.others.items()
    ]
    picks.append(f"concat_ws(',', {', '.join(pieces) or 'NULL'}) AS others")
    picks.append(f"concat_ws('{header.delimiter}', {', '.join(f'c{i}' for i in range(len(header.columns)))}) AS raw")
    return f"SELECT {', '.join(picks)} FROM rows"


def _json_name(name: str) -> str:
    import json

    return json.dumps(name, ensure_ascii=False).replace("'", "''")


def _naive(name: str, order: str) -> str:
    """Return the expression for a time without offset, dates with slashes being in the given order."""
    # A regular expression and a cast take a fiftieth of the time of trying one format after another.
    iso = {"dmy": r"\3-\2-\1", "mdy": r"\3-\1-\2"}[order]
    turned = f"regexp_replace({name}, '^{_DAY_FIRST}', '{iso}')"
    return f"CASE WHEN regexp_full_match({name}, '({_ISO})|({_DAY_FIRST}{_CLOCK})') THEN try_cast({turned} AS TIMESTAMP) END"


def parsed_sql(zone: str) -> str:
    """Return the selection that turns times and counts into what they are.

    For each time `x` there is `x_n`, the time as written (UTC if it came with an offset), and `x_t`, the instant.
    """
    zone = zone.replace("'", "''")
    cells = []
    for name in TIMES:
        aware = f"CASE WHEN regexp_full_match({name}, '{_AWARE}') THEN try_cast({name} AS TIMESTAMPTZ) END"
        cells.append(f"{aware} AS {name}_z")
        cells.append(f"coalesce(timezone('UTC', {name}_z), {_naive(name, 'dmy')}) AS {name}_n")
        # A time that happens twice is the first of the two, as everywhere in Troth (PEP 495, fold 0).
        cells.append(f"timezone('{zone}', {name}_n) AS {name}_b")
        cells.append(f"timezone('{zone}', {name}_b - INTERVAL 1 HOUR) = {name}_n AS {name}_twice")
        cells.append(
            f"coalesce({name}_z, CASE WHEN {name}_twice THEN {name}_b - INTERVAL 1 HOUR ELSE {name}_b END) AS {name}_t"
        )
    cells.append("try_cast(mods AS BIGINT) AS mods_i")
    cells.append("try_cast(reopens AS BIGINT) AS reopens_i")
    return f"SELECT *, {', '.join(cells)} FROM text"


def reject_sql(header: Header) -> str:
    """Return the selection of rows that cannot be used, each with the first thing wrong with it."""
    order = "Maybe the file writes month before day; export it with ISO dates (yyyy-MM-dd HH:mm:ss)."
    bad = "Maybe the cell is damaged; write times as yyyy-MM-dd HH:mm:ss or d/m/yyyy hh:mm."
    number = "Maybe the cell is damaged; write a whole number, 0 or more."
    cases: list[tuple[str, str, str, str, str]] = [
        (
            "number IS NULL",
            "missing-value",
            "number",
            "NULL",
            "Maybe the row is a total or a comment; every row needs its incident number.",
        )
    ]
    for name in TIMES[:-1]:
        failed = f"{name} IS NOT NULL AND {name}_n IS NULL"
        cases.append((f"{failed} AND {_naive(name, 'mdy')} IS NOT NULL", "date-order", name, name, order))
        cases.append((failed, "bad-time", name, name, bad))
    if "updated" in header.ours:
        cases.append(
            (
                "updated IS NULL",
                "missing-time",
                "updated",
                "NULL",
                "Maybe the cell was lost; every audit row needs its time.",
            )
        )
    whole = "{0} IS NOT NULL AND ({0}_i IS NULL OR {0}_i < 0)"
    cases.extend((whole.format(name), "bad-number", name, name, number) for name in ("mods", "reopens"))
    if "mods" in header.ours:
        cases.append(
            (
                "mods IS NULL",
                "missing-value",
                "mods",
                "NULL",
                "Maybe the cell was lost; it is what orders changes within a minute.",
            )
        )
    late = "Maybe two columns were swapped or the file writes month before day."
    cases.append(("resolved_n < opened_n", "end-before-start", "resolved", "resolved", late))
    cases.append(("closed_n < opened_n", "end-before-start", "closed", "closed", late))
    cases.append(("closed_n < resolved_n", "end-before-start", "closed", "closed", late))
    whens = " ".join(
        f"WHEN {test} THEN {{'code': '{code}', 'col': '{column}', 'val': {value}, 'advice': '{advice}'}}"
        for test, code, column, value, advice in cases
    )
    return f"SELECT *, CASE {whens} END AS problem FROM parsed"


def state_sql() -> str:
    """Return the expression that gives a row's status, null if its state is unknown."""
    waiting = "coalesce(lower(reason) IN ('1', 'awaiting caller', 'awaiting user info'), false)"
    whens = [f"WHEN lower(state) IN ('on hold', '3') AND {waiting} THEN 'pending'"]
    for status, words in STATES.items():
        listed = ", ".join(f"'{w}'" for w in words.split("|"))
        whens.append(f"WHEN lower(state) IN ({listed}) THEN '{status}'")
    return f"CASE {' '.join(whens)} END"


def events_sql(header: Header, *, source: str, zone_known: bool) -> str:
    """Return the query that makes the drafts of all good rows of a batch."""
    audit = "mods" in header.ours and "updated" in header.ours
    base = f"""base AS (
        SELECT *, {state_sql()} AS status,
            updated_t + to_microseconds(least(coalesce(mods_i, 0), {LAST_CHANGE})) AS moment,
            coalesce(epoch_us(updated_t) + coalesce(mods_i, 0),
                     epoch_us(greatest(opened_t, resolved_t, closed_t)), 0) AS newest,
            number || '/' || coalesce(mods, '') || '/' || coalesce(strftime(updated_n, '%Y-%m-%dT%H:%M:%S'), '')
                || '/' || coalesce(state, '') AS row_id,
            {"'aggregate'" if not audit else _origin(zone_known=zone_known)} AS known
        FROM good)"""
    facts = [_status(), _assigned(), _opened(), _resolved(), _closed(), _reopened()]
    if "updated" not in header.ours:
        facts = facts[2:5]
    union = "\n UNION ALL \n".join(facts)
    columns = "source_id, version, activity, step, moment, number, customer, agent, team, channel, service, priority, attributes, known"
    return f"""WITH {base}, facts AS ({union}),
        best AS (SELECT * FROM facts QUALIFY rank() OVER (PARTITION BY source_id ORDER BY version DESC) = 1),
        once AS (SELECT * FROM best QUALIFY row_number() OVER (PARTITION BY {columns} ORDER BY row) = 1)
        SELECT moment AS occurred_at, version, activity, step, number AS case_id, customer AS customer_id,
            agent AS agent_id, team, channel, service, priority, attributes, known AS origin,
            '{source}' AS source, source_id, row AS _row
        FROM once ORDER BY row, source_id"""


def _origin(*, zone_known: bool) -> str:
    doubt = "true" if not zone_known else "updated_twice"
    return f"CASE WHEN updated_z IS NULL AND ({doubt}) THEN 'assumed_zone' ELSE 'exact' END"


def _object(**pairs: str) -> str:
    """Return SQL for a JSON object without its null members; the values are SQL that gives JSON text."""
    pieces = [f"'\"{name}\":' || {value}" for name, value in pairs.items()]
    return f"nullif('{{' || concat_ws(',', {', '.join(pieces)}) || '}}', '{{}}')"


def _fact(
    *,
    suffix: str,
    version: str,
    activity: str,
    at: str,
    agent: str,
    team: str,
    attributes: str,
    where: str,
    step: str = "NULL",
) -> str:
    return f"""SELECT {suffix} AS source_id, {version} AS version, {activity} AS activity, {step} AS step, {at} AS moment,
        number, caller AS customer, {agent} AS agent, {team} AS team, lower(channel) AS channel, service, priority,
        {attributes} AS attributes, known, row FROM base WHERE {where}"""


def _status() -> str:
    pieces = ", ".join(f"'\"{n}\":' || to_json({n})" for n in ("state", "made_sla"))
    foreign = f"nullif('{{' || concat_ws(',', {pieces}, nullif(others, '')) || '}}', '{{}}')"
    # A state nobody knows says nothing about the status, so it is kept as a foreign step and the status goes on.
    return _fact(
        suffix="row_id || ':status'",
        version="coalesce(mods_i, 0)",
        activity="CASE WHEN status IS NULL THEN 'stepped' ELSE 'status_changed' END",
        step="coalesce(status, state, 'no state')",
        at="moment",
        agent="agent",
        team="team",
        attributes=_object(topic="to_json(topic)", reason="to_json(reason)", foreign=foreign),
        where="true",
    )


def _assigned() -> str:
    return _fact(
        suffix="row_id || ':assigned'",
        version="coalesce(mods_i, 0)",
        activity="CASE WHEN agent IS NULL AND team IS NULL THEN 'unassigned' ELSE 'assigned' END",
        at="moment",
        agent="agent",
        team="team",
        attributes="NULL",
        where="true",
    )


def _opened() -> str:
    due = "to_json(strftime(timezone('UTC', due_t), '%Y-%m-%dT%H:%M:%SZ'))"
    return _fact(
        suffix="number || '/opened'",
        version="newest",
        activity="'opened'",
        at="opened_t",
        agent="opened_by",
        team="NULL",
        attributes=_object(topic="to_json(topic)", due_at=due, parent_case_id="to_json(parent)"),
        where="opened_t IS NOT NULL",
    )


def _resolved() -> str:
    return _fact(
        suffix="number || '/resolved'",
        version="newest",
        activity="'resolved'",
        at=f"resolved_t + to_microseconds({RESOLVED_TICK})",
        agent="coalesce(resolved_by, agent)",
        team="team",
        attributes=_object(code="to_json(code)"),
        where="resolved_t IS NOT NULL",
    )


def _closed() -> str:
    foreign = _object(made_sla="to_json(made_sla)", reopen_count="to_json(reopens)")
    return _fact(
        suffix="number || '/closed'",
        version="newest",
        activity="'closed'",
        at=f"closed_t + to_microseconds({CLOSED_TICK})",
        agent="closed_by",
        team="team",
        attributes=_object(code="to_json(code)", foreign=foreign),
        where="closed_t IS NOT NULL",
    )


def _reopened() -> str:
    return _fact(
        suffix="number || '/reopened/' || reopens_i",
        version=f"{EARLIEST} - newest",
        activity="'reopened'",
        at="coalesce(reopened_t, moment)",
        agent="coalesce(reopened_by, agent)",
        team="team",
        attributes="NULL",
        where="reopens_i > 0",
    )
