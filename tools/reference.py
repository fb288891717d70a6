"""Write the reference pages that are derived from the code: ``python -m tools.reference``.

A test compares the pages with what this writes, so they cannot fall behind.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Final

import click
import pyarrow as pa

from tools.api_page import api_page
from troth.cli.main import COMMANDS, group
from troth.core import decision, terms
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Kpi
from troth.log.reference import TABLES
from troth.log.schema import EVENTS, REJECTS
from troth.log.timelines import TIMELINES
from troth.log.timelines._base import events_table

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "reference"

#: The nouns everybody uses, each with its one meaning. Closed lists of words are in `core/terms.py`.
NOUNS: Final = {
    "agent": "A person, or a program that talks to customers, who serves contacts and works on cases.",
    "business time": "Time that counts only while a calendar is open.",
    "calendar": "Opening hours by weekday with exceptions by day, in a time zone, valid from a day on.",
    "case": "One matter of a customer from its opening to its closing, over any number of contacts.",
    "channel": "How a contact comes: phone, chat, e-mail, walk-in and so on.",
    "contact": "One encounter on one channel: a call, a chat, a visit to a counter.",
    "customer": "Who is served, known only by a pseudonym.",
    "draft": "An event as a reader hands it over, before it is checked.",
    "event": "One fact of the service event log: something happened at an instant. Never edited.",
    "issue": "One thing wrong or doubtful: code, severity, where, value, advice.",
    "KPI": "A named figure with a declaration: what is counted, over what, by which clock, in which version.",
    "lake": "The folder or object store with all events, reference tables and rejects.",
    "mapping": "A YAML file that says which column of a table means what.",
    "mature": "Said of a figure whose period is long enough ago for its last effects to be known.",
    "promise": "What a customer was told to expect, by when, with the stated probability.",
    "queue": "A line of contacts that wait for the same kind of service.",
    "reader": "The part that turns files of one source into drafts.",
    "reference table": "Slowly changing facts with dates of validity: people, teams, calendars, targets.",
    "reject": "A row that could not be taken, kept with its raw text and the reason.",
    "service": "What a customer asks for.",
    "shift": "Paid time of a person.",
    "site": "A place or line of work with its own time zone.",
    "skill": "What a person can do, at a level.",
    "source": "The system a log comes from; event ids are unique within it.",
    "span": "A stretch of time with its start and without its end.",
    "step": "The word that goes with an activity: the new status, the survey item, a foreign activity's name.",
    "team": "The assignment group that holds a case or serves a queue.",
    "timeline": "Contacts and cases with their spans, derived from events; can always be derived anew.",
    "variant": "One of several published ways to compute a KPI, chosen by name.",
    "visit": "Work of a technician at a customer's place.",
}

#: What the columns of an event hold.
COLUMNS: Final = {
    "event_id": "UUIDv5 of `source` and `source_id`; computed on reading.",
    "occurred_at": "When it happened.",
    "recorded_at": "When the source wrote it down, if it says so.",
    "version": "Grows when the source corrects the event; the newest version of an event counts.",
    "activity": "What happened: a word of the list below.",
    "step": "The new status or state, survey item, criterion, milestone, or a foreign activity's own name.",
    "subject_kind": "What `subject_id` names: promise, visit, shift, booking, survey, ...",
    "subject_id": "The promise, visit, shift, booking or survey the event is about.",
    "case_id": "The case the event belongs to.",
    "contact_id": "The contact the event belongs to.",
    "customer_id": "The customer's pseudonym; empty if the source does not know the customer.",
    "agent_id": "Who did it.",
    "actor": "Whether a person, a bot or the system did it.",
    "direction": "Which way a contact or message goes, seen from the organisation.",
    "team": "The assignment group that holds the case.",
    "queue": "The queue the contact waits or waited in.",
    "site": "Where.",
    "channel": "By which channel.",
    "service": "What the customer asks for.",
    "priority": "As the source calls it.",
    "value": "The score, probability, quantity or hours of the activity.",
    "attributes": "Further keys of the activity, as a JSON object; the keys allowed are in the list below.",
    "origin": "How the fact is known.",
    "source": "The system the event comes from.",
    "source_id": "The event's id in its source, or a hash of the row and its occurrence number.",
}

_NOTE: Final = "<!-- Written by `make reference`; change the code, not this page. -->\n"


def glossary() -> str:
    """Return the page of all words."""
    lines = [
        "# Glossary",
        "",
        _NOTE,
        "One word means one thing in code, commands, tables and pages.",
        "",
        "## Nouns",
        "",
    ]
    lines += _table(("word", "meaning"), NOUNS.items())
    for words in _closed_lists():
        lines += ["", f"## {words.__name__}", "", (inspect.getdoc(words) or "").replace("\n", " "), ""]
        lines.append(", ".join(f"`{word}`" for word in words) + ".")
    lines += [
        "",
        "## Activities",
        "",
        "What can happen, with its kind. [The event](event.md) lists the keys each may carry.",
        "",
    ]
    lines += _table(
        ("activity", "kind", "meaning"), ((f"`{a}`", t.kind, t.sentence) for a, t in terms.ACTIVITIES.items())
    )
    return "\n".join(lines) + "\n"


def event() -> str:
    """Return the page of the event's columns and activities."""
    lines = [
        "# The event",
        "",
        _NOTE,
        "The log is one table, one row a fact. Rows are never edited: a newer version, or a further",
    ]
    lines += ["event that undoes, takes their place.", "", "## Columns", ""]
    lines += _table(
        ("column", "type", "always", "what it holds"), ((*_column(one), COLUMNS[one.name]) for one in EVENTS)
    )
    lines += ["", "## Activities", ""]
    common = ", ".join(f"`{key}`" for key in sorted(terms.COMMON_KEYS))
    lines += [f"Any activity may carry the attribute keys {common}; its own keys are named in the last column.", ""]
    for kind in terms.Kind:
        lines += [f"### {kind.value}", ""]
        found = ((name, term) for name, term in terms.ACTIVITIES.items() if term.kind is kind)
        rows = (
            (f"`{name}`", term.sentence, ", ".join(f"`{key}`" for key in sorted(term.keys))) for name, term in found
        )
        lines += [*_table(("activity", "what happened", "keys"), rows), ""]
    lines += [
        "## Rejects",
        "",
        "A row that cannot be taken is kept here, and counted. The raw text can be personal data.",
        "",
    ]
    lines += _table(("column", "type", "always"), (_column(one) for one in REJECTS))
    return "\n".join(lines) + "\n"


def tables() -> str:
    """Return the page of the reference tables."""
    lines = [
        "# Reference tables",
        "",
        _NOTE,
        "Facts that change slowly. A row holds from `valid_from` (included) to `valid_to` (not",
    ]
    lines += ["included), both dates of the place described; empty means open. Key columns are in bold.", ""]
    for name, table in TABLES.items():
        lines += [f"## {name}", "", table.sentence, ""]
        columns = ((f"**{column}**" if column in table.key else column) for column in table.schema.names)
        lines += [", ".join(columns).replace("_", "\\_") + ".", ""]
    return "\n".join(lines).rstrip() + "\n"


def timelines() -> str:
    """Return the page of the timelines and their columns."""
    lines = [
        "# Timelines",
        "",
        _NOTE,
        "What is derived from events: rows with their spans, one or more a key, brought up to",
    ]
    lines += ["date by key when new events come. Every KPI is computed from these.", ""]
    for name, timeline in TIMELINES.items():
        columns = ", ".join(f"`{column}`" for column in timeline.derive(events_table()).columns)
        lines += [f"## {name}", "", timeline.sentence, "", f"Derived by `{timeline.key}`. Columns: {columns}.", ""]
    return "\n".join(lines).rstrip() + "\n"


def kpis() -> str:
    """Return the page of every KPI with its definition."""
    everything = list(catalogue().values())
    families = dict.fromkeys(kpi.id.split(".")[0] for kpi in everything)
    lines = [
        "# KPIs",
        "",
        _NOTE,
        "One id a question; where the world computes differently, a variant by name. `troth kpi",
    ]
    lines += ["--kpi ID` computes all variants of a KPI, `--kpi ID/VARIANT` one.", ""]
    for family in families:
        lines += [f"## {family}", ""]
        for kpi_id in dict.fromkeys(kpi.id for kpi in everything if kpi.id.split(".")[0] == family):
            same = [kpi for kpi in everything if kpi.id == kpi_id]
            lines += [f"### {kpi_id}", "", same[0].question, ""]
            for kpi in same:
                lines += _kpi(kpi)
    return "\n".join(lines).rstrip() + "\n"


def _kpi(kpi: Kpi) -> list[str]:
    """Return the lines of one variant."""
    better = {"lower": ", lower is better", "higher": ", higher is better", "neither": ""}[kpi.direction]
    facts = {
        "counts": kpi.numerator,
        "over": kpi.denominator.strip("-"),
        "of": kpi.population,
        "dated by": kpi.cohort,
        "unit": f"{kpi.unit}{better}{', in business time' if kpi.clock == 'business' else ''}",
        "also called": ", ".join(kpi.aliases),
        "source": kpi.source,
    }
    head = f"**{kpi.title}** (`{kpi.name}`, version {kpi.version})"
    return [head, "", *(f"- *{what}*: {said}" for what, said in facts.items() if said), ""]


def commands() -> str:
    """Return the page of the commands, each with its help."""
    lines = [
        "# Commands",
        "",
        _NOTE,
        "Exit status: 0 done; 1 done, with issues beyond the allowed; 2 wrong use or input.",
    ]
    lines += [
        'With `--format json` errors are `{"issues": [{code, severity, where, value, advice, count}]}` on standard output.',
        "",
    ]
    context = click.Context(group, info_name="troth", terminal_width=100, **group.context_settings)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        lines += _command(command, click.Context(command, info_name=name, parent=context, terminal_width=100))
    return "\n".join(lines).rstrip() + "\n"


def _command(command: click.Command, within: click.Context) -> list[str]:
    """Return the help of a command, and below it that of each of its own commands."""
    depth = "#" * within.command_path.count(" ")
    lines = [f"#{depth} {within.command_path}", "", "```text", command.get_help(within), "```", ""]
    if isinstance(command, click.Group):
        for name in command.list_commands(within):
            inner = command.get_command(within, name)
            assert inner is not None
            lines += _command(inner, click.Context(inner, info_name=name, parent=within, terminal_width=100))
    return lines


#: Every generated page.
PAGES: Final[dict[str, Callable[[], str]]] = {
    "glossary.md": glossary,
    "event.md": event,
    "tables.md": tables,
    "timelines.md": timelines,
    "kpis.md": kpis,
    "commands.md": commands,
    "api.md": lambda: api_page(_NOTE),
}


def _closed_lists() -> list[type[StrEnum]]:
    """Return the closed lists of words of the core, in the order of their files."""
    found = [one for module in (terms, decision) for one in vars(module).values()]
    return [one for one in found if inspect.isclass(one) and issubclass(one, StrEnum) and one is not StrEnum]


def _column(one: pa.Field) -> tuple[str, str, str]:
    kind = {"string": "text", "int64": "integer", "double": "number"}.get(str(one.type), str(one.type))
    return f"`{one.name}`", "instant (UTC, µs)" if kind.startswith("timestamp") else kind, "" if one.nullable else "yes"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
