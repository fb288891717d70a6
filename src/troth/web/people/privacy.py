"""What is known of a person: all of it handed out on request, and what names them erased. Events keep a pseudonym."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import Model
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from troth.web.people.actions import must_govern, wrong
from troth.web.people.mailbox import forget_letters, letters_to
from troth.web.people.models import Change, SignInLink, User
from troth.web.people.sheets import to_csv

#: Columns whose values name somebody, in any table.
NAMING: Final = frozenset(
    {
        "name",
        "title",
        "text",
        "email",
        "phone",
        "username",
        "first_name",
        "last_name",
        "note",
        "needs",
        "prefers",
        "name_key",
        "phone_key",
        "email_key",
    }
)
_KEPT_OUT: Final = {"password", "digest", "groups", "user_permissions"}

Known = dict[str, list[dict[str, Any]]]


def plain(row: Model) -> dict[str, Any]:
    """Return a row as texts by column, without secrets."""
    found = model_to_dict(row) | {"id": row.pk}
    return {name: str(value) for name, value in found.items() if name not in _KEPT_OUT and value not in (None, "")}


def known_of(person: User) -> Known:
    """Return all rows about a person by kind, the changes to them included."""
    kinds = ("memberships", "qualifications", "contracts", "leave")
    found: Known = {"person": [plain(person) | {"code": person.code, "joined": str(person.date_joined)}]}
    found |= {name: [plain(row) for row in getattr(person, name).all()] for name in kinds}
    found["second_steps"] = [
        {"kind": one.type, "since": str(one.created_at)} for one in Authenticator.objects.filter(user=person)
    ]
    found["letters"] = letters_to(_addresses(person))
    found["changes"] = changes_of("people_user", [person.pk])
    return found


def _addresses(person: User) -> set[str]:
    return {person.email, *EmailAddress.objects.filter(user=person).values_list("email", flat=True)}


def changes_of(noun: str, ids: Iterable[Any]) -> list[dict[str, Any]]:
    """Return what the trail says of some rows."""
    rows = Change.objects.filter(noun=noun, noun_id__in=[str(one) for one in ids]).order_by("pk")
    return [{"at": str(one.at), "action": one.action, "changes": json.dumps(one.changes)} for one in rows]


def as_json(known: Known) -> bytes:
    """Return what is known as JSON."""
    return json.dumps(known, indent=1, ensure_ascii=False).encode()


def as_csv(known: Known) -> bytes:
    """Return what is known as CSV: kind, number of the row, column, value."""
    rows = (
        (kind, str(number), column, str(value))
        for kind, found in known.items()
        for number, row in enumerate(found, 1)
        for column, value in row.items()
    )
    return to_csv(("kind", "row", "column", "value"), rows=rows)


def scrub(noun: str, ids: Iterable[Any]) -> None:
    """Take what names somebody out of the audit trail of some rows; that something changed, and when, stays."""
    for change in Change.objects.select_for_update().filter(noun=noun, noun_id__in=[str(one) for one in ids]):
        hidden = {name: ["***", "***"] if name in NAMING else pair for name, pair in change.changes.items()}
        if hidden != change.changes:
            Change.objects.filter(pk=change.pk).update(changes=hidden)


@transaction.atomic
def erase(actor: User, *, person: User) -> None:
    """Erase what names a person who works here no more; the pseudonym of their events, and the hours worked, stay.

    Raises
    ------
    PermissionDenied : the actor does not administer all units of the person.
    InputError : ``still-active``, the person can still sign in.
    """
    must_govern(actor, person)
    if person.is_active:
        advice = _("Maybe stop the person from signing in first.")
        raise wrong("still-active", where="person", value=person, advice=advice)
    addresses = _addresses(person)
    transaction.on_commit(lambda: forget_letters(addresses))
    for model in (EmailAddress, Authenticator, SocialAccount):
        model.objects.filter(user=person).delete()
    SignInLink.objects.filter(user=person).delete()
    person.username, person.first_name, person.last_name, person.email, person.phone = person.code, "", "", "", ""
    person.set_unusable_password()
    person.save()
    scrub("people_user", [person.pk])
