"""Words of this app in the reader's language: roles, kinds, and what an issue says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy, pgettext_lazy

from troth.core.decision import Issue

#: Words of closed lists as people say them.
SAID: Final[dict[str, Any]] = {
    "administrator": gettext_lazy("administrator"),
    "planner": gettext_lazy("planner"),
    "dispatcher": gettext_lazy("dispatcher"),
    "team_lead": gettext_lazy("team lead"),
    "quality_specialist": gettext_lazy("quality specialist"),
    "trainer": gettext_lazy("trainer"),
    "operations_lead": gettext_lazy("operations lead"),
    "sales": gettext_lazy("sales"),
    "agent": gettext_lazy("agent"),
    "clerk": gettext_lazy("counter clerk"),
    "technician": gettext_lazy("technician"),
    "auditor": gettext_lazy("auditor"),
    "display": gettext_lazy("display"),
    "kiosk": gettext_lazy("kiosk"),
    "organisation": gettext_lazy("organisation"),
    "region": gettext_lazy("region"),
    "site": gettext_lazy("site"),
    "team": gettext_lazy("team"),
    "holiday": gettext_lazy("holiday"),
    "illness": gettext_lazy("illness"),
    "training": gettext_lazy("training"),
    "other": pgettext_lazy("reason", "other"),
    "people": gettext_lazy("people"),
    "skills": gettext_lazy("skills"),
    "contracts": gettext_lazy("contracts"),
    "leave": gettext_lazy("leave"),
    "insert": gettext_lazy("added"),
    "update": gettext_lazy("changed"),
    "delete": gettext_lazy("removed"),
}

#: What a row of a table is called, of the tables under the audit trail.
NOUNS: Final[dict[str, Any]] = {
    "people_unit": pgettext_lazy("noun", "unit"),
    "people_user": pgettext_lazy("noun", "person"),
    "people_membership": pgettext_lazy("noun", "role of a person"),
    "people_accesskey": pgettext_lazy("noun", "access key"),
    "people_skill": pgettext_lazy("noun", "skill"),
    "people_qualification": pgettext_lazy("noun", "skill of a person"),
    "people_contract": pgettext_lazy("noun", "contract"),
    "people_leave": pgettext_lazy("noun", "leave of a person"),
    "people_workcalendar": pgettext_lazy("noun", "calendar"),
    "people_calendarspan": pgettext_lazy("noun", "hours of a calendar"),
    "people_calendarday": pgettext_lazy("noun", "day of a calendar"),
    "people_keptfor": pgettext_lazy("noun", "time of keeping"),
    "services_service": pgettext_lazy("noun", "service"),
    "services_servicename": pgettext_lazy("noun", "name of a service"),
    "services_blueprintstep": pgettext_lazy("noun", "step of a service"),
    "services_bringitem": pgettext_lazy("noun", "thing to bring"),
    "services_offer": pgettext_lazy("noun", "service at a unit"),
    "customers_organisation": pgettext_lazy("noun", "organisation of customers"),
    "customers_customer": pgettext_lazy("noun", "customer"),
    "customers_note": pgettext_lazy("noun", "note on a customer"),
    "customers_consent": pgettext_lazy("noun", "consent of a customer"),
    "flow_branch": pgettext_lazy("noun", "branch"),
    "flow_line": pgettext_lazy("noun", "line"),
    "flow_lineservice": pgettext_lazy("noun", "service of a line"),
    "flow_counter": pgettext_lazy("noun", "counter"),
    "flow_slotrule": pgettext_lazy("noun", "rule for appointments"),
    "planning_ledgerresource": pgettext_lazy("noun", "resource with hours"),
    "planning_ledgerclaim": pgettext_lazy("noun", "booked hours"),
}

#: Sentences of Django about passwords that its own translations lack: ours are taken in their place.
BORROWED: Final = (
    gettext_lazy("Your password can\u2019t be too similar to your other personal information."),
    gettext_lazy("Your password can\u2019t be a commonly used password."),
    gettext_lazy("The two password fields didn\u2019t match."),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)

#: Lines of the table of retention: what is kept, and what happens to it then.
KEPT: Final[dict[str, tuple[Any, Any]]] = {
    "appointments": (
        gettext_lazy("Names, addresses and notes of appointments that are over"),
        gettext_lazy("They are taken off; that there was an appointment stays."),
    ),
    "visit_notes": (
        gettext_lazy("Notes of visits that are over"),
        gettext_lazy("They are taken off; the visit stays."),
    ),
    "newcomers": (
        gettext_lazy("Customers known only from a booking, since something last happened"),
        gettext_lazy("They are erased; what happened stays as nobody's."),
    ),
    "customers": (
        gettext_lazy("Other customers, since something last happened"),
        gettext_lazy("They are erased; what happened stays as nobody's."),
    ),
    "letters": (
        gettext_lazy("Letters in the mail folder, where no mail server is named"),
        gettext_lazy("They are removed."),
    ),
    "rejects": (
        gettext_lazy("Raw texts of imported rows that could not be taken"),
        gettext_lazy("They are dropped; that a row was not taken, and why, stays."),
    ),
    "changes": (gettext_lazy("The list of changes"), gettext_lazy("Older entries are removed.")),
}

#: Sentences of issues by code; `%(value)s` is what was written.
SENTENCES: Final[dict[str, Any]] = {
    "bad-span": gettext_lazy("This is no span of time."),
    "span-order": gettext_lazy("The span ends before it begins."),
    "spans-overlap": gettext_lazy("Two spans overlap."),
    "role-held": gettext_lazy("The person has this role there already."),
    "last-administrator": gettext_lazy("This is the last administrator of the whole organisation."),
    "yourself": gettext_lazy("You would lock yourself out."),
    "no-key-role": gettext_lazy("A key cannot act in this role."),
    "still-active": gettext_lazy("The person can still sign in."),
    "too-large": gettext_lazy("The file is too large."),
    "empty": gettext_lazy("There is nothing in the file."),
    "unreadable": gettext_lazy("The file cannot be read."),
    "missing-column": gettext_lazy("A column is missing."),
    "unknown-column": gettext_lazy("A column of this name is not known."),
    "column-twice": gettext_lazy("A column is there twice."),
    "empty-cell": gettext_lazy("The cell is empty."),
    "bad-value": gettext_lazy("The value cannot be read."),
    "row-twice": gettext_lazy("The same is there twice."),
    "unknown-person": gettext_lazy("Nobody of this name whom you may change."),
    "no-role": gettext_lazy("A new person needs a role."),
    "bad-login": gettext_lazy("Nobody can sign in with this name."),
    "unknown-unit": gettext_lazy("There is no such unit."),
    "email-taken": gettext_lazy("Somebody else has this address."),
    "unknown-skill": gettext_lazy("There is no such skill."),
    "day-order": gettext_lazy("It ends before it begins."),
    "leave-overlaps": gettext_lazy("Two leaves of one person overlap."),
    "conflict": gettext_lazy("Something changed meanwhile."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """An issue as a line for a reader."""

    row: str
    column: str
    value: str
    sentence: str
    advice: str


def said(word: object) -> str:
    """Return a word of a closed list as people say it."""
    return str(SAID.get(str(word), str(word).replace("_", " ")))


def choices_of(words: type[StrEnum]) -> list[tuple[str, str]]:
    """Return a closed list as choices in the reader's language."""
    return [(str(word), said(word)) for word in words]


def told(issues: Iterable[Issue]) -> list[Told]:
    """Return issues as lines for a reader."""
    return [_told(issue) for issue in issues]


def _told(issue: Issue) -> Told:
    where = dict(part.split(" ", 1) for part in issue.where.split(", ") if " " in part)
    return Told(
        row=where.get("row", ""),
        column=where.get("column", ""),
        value=issue.value if len(issue.value) <= 60 else f"{issue.value[:57]}...",
        sentence=str(SENTENCES.get(issue.code, issue.code)),
        advice=issue.advice,
    )


def sentence(issue: Issue) -> str:
    """Return an issue as one text: what is wrong, the value, the advice."""
    line = _told(issue)
    value = _(" “%(value)s”.") % {"value": line.value} if line.value else ""
    return f"{line.sentence}{value} {line.advice}"
