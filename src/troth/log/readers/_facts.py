"""What records of a source become, as declarations: which columns they have, what is wrong with them, which events.

Every event is made from one record (and tables beside it), never from the record before it. So a source gives the
same events however its records are split into files and in whatever order these come. `_facts_sql` turns the
declarations into SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Flatten = Callable[[Any, str], Iterator[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of a record.

    Parameters
    ----------
    activity : SQL text, or a plain activity.
    at : name of a time of the kind, or any SQL for an instant.
    id : SQL for the source id.
    where : SQL; which records give it.
    cells : SQL of further event columns, by column.
    keys : SQL of the attributes as JSON, by key.
    foreign : whether unknown fields and `Kind.foreign` are kept with this event.
    figures : whether the source's own figures are kept with this event.
    """

    activity: str
    at: str
    id: str
    where: str = "true"
    cells: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """What can be wrong with a record: where `test` holds, the record is rejected, or used and told of.

    Parameters
    ----------
    test : SQL.
    code, advice : of the issue.
    column : the name of one of our columns, whose value is shown; the field's own name is told.
    """

    test: str
    code: str
    column: str
    advice: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a reference table that records give: SQL of each column, and where."""

    table: str
    columns: Mapping[str, str]
    where: str = "true"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record of a source.

    Parameters
    ----------
    name : what it is called in advice and in tables beside.
    marks : field names by which it is known: all must be there, `|` stands between alternatives.
    texts, times, numbers : our column to the places of the field: dots lead into objects, `|` stands between
        alternatives, `@.` begins a field of the list element (see `each`).
    each : place of a list in the record; then each of its elements is a record, with the outer fields at hand.
    known : fields left behind knowingly: free text, addresses, what says nothing new. A field that is neither read nor
        known is kept as foreign and told.
    needs : columns that must not be missing, with the code told.
    wrong, doubts : what makes a record rejected, or told.
    version : SQL.
    base : SQL of event columns that all events of the kind share.
    facts : its events. None: a table that is known and passed over.
    foreign : columns of ours kept as foreign, under these names, beside the unknown fields.
    figures : the source's own figures in seconds (or plain counts), by the source's name: SQL of numbers.
    joins, looked : SQL that joins tables beside to the records, called `r`, and the columns it brings.
    rows : rows of reference tables.
    lists : for a text column that holds a list (JSON, or texts with commas), the event of each `element`.
    private : whether fields nobody knows are left behind untold, because the record describes a person.
    """

    name: str
    marks: tuple[str, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    each: str = ""
    known: str = ""
    needs: tuple[str, ...] = ()
    wrong: tuple[Doubt, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    version: str = "0"
    base: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    foreign: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)
    joins: str = ""
    looked: str = ""
    rows: tuple[Rows, ...] = ()
    lists: Mapping[str, Fact] = field(default_factory=dict)
    private: bool = False

    def places(self) -> dict[str, list[str]]:
        """Return the places of each column."""
        return {n: p.split("|") for n, p in {**self.texts, **self.times, **self.numbers}.items()}

    def fields(self) -> set[str]:
        """Return the names of all fields of the record that are read or left behind knowingly."""
        read = {place.split(".")[0] for places in self.places().values() for place in places}
        whole = {place for places in self.places().values() for place in places}
        return read | whole | set(self.known.split()) | ({self.each.split(".")[0]} if self.each else set())


@dataclass(frozen=True, slots=True)
class Beside:
    """A table looked up while others are read, from the records of one kind.

    Parameters
    ----------
    kind : its name.
    columns : SQL over the columns of the kind.
    key : the columns that tell rows apart, with blanks between.
    newest : SQL; of rows of one key the one with the greatest counts.
    where : SQL; which records are meant.
    """

    kind: str
    columns: Mapping[str, str]
    key: str = "id"
    newest: str = "0"
    where: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A source of records.

    Parameters
    ----------
    name : the source of its events.
    kinds : the kinds of records, tried in order.
    lists : keys under which pages of its API hold their records.
    beside : tables beside, by the name the SQL calls them.
    main : the one of them without which the others are half an export.
    flatten : makes records of a nested value, given the name of its file; None where values are records.
    """

    name: str
    kinds: tuple[Kind, ...]
    lists: frozenset[str] = frozenset()
    beside: Mapping[str, Beside] = field(default_factory=dict)
    main: str = ""
    flatten: Flatten | None = None


def words(of: Mapping[str, str], column: str) -> str:
    """Return SQL that translates a column by lists of lower-case words; null for a word in no list.

    Parameters
    ----------
    of : our word to the foreign ones, `|` between them.
    column : SQL of a text.
    """
    whens = []
    for ours, theirs in of.items():
        listed = ", ".join("'" + word.replace("'", "''") + "'" for word in theirs.split("|"))
        whens.append(f"WHEN lower({column}) IN ({listed}) THEN '{ours}'")
    return f"CASE {' '.join(whens)} END"


def text(column: str) -> str:
    """Return SQL that gives a text, number or truth value as JSON; null stays null."""
    return f"CASE WHEN {column} IS NOT NULL THEN to_json({column})::VARCHAR END"


def moment(column: str) -> str:
    """Return SQL that gives an instant as a JSON text; null stays null."""
    return f"to_json(strftime(timezone('UTC', {column}), '%Y-%m-%dT%H:%M:%SZ'))::VARCHAR"


def json_object(pairs: Mapping[str, str]) -> str:
    """Return SQL for a JSON object without its null members, null if nothing is left; the values are SQL of JSON."""
    pieces = [f"""'"{key.replace("'", "''")}":' || ({value})""" for key, value in pairs.items()]
    return f"nullif('{{' || concat_ws(',', {', '.join(pieces)}) || '}}', '{{}}')" if pieces else "NULL::VARCHAR"
