"""The sheet of people: who they are, and their roles as ``clerk@vilnius, trainer@baltic-bank``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from troth.core.terms import Role
from troth.web.people.actions import ADMINS, end_role, forget_addresses, governs, grant
from troth.web.people.models import Membership, Unit, User
from troth.web.people.sheets import SheetRow
from troth.web.people.tables import LOGIN, Column, Reading, Sheet, Values, email, language, put, text, truth, written

Granted = tuple[Role, str]

_FIELDS: Final = {
    "first_name": "first_name", "last_name": "last_name", "email": "email", "phone": "phone", "language": "language",
    "active": "is_active",
}  # fmt: skip


def roles(value: str) -> set[Granted]:
    """Read roles with their units."""
    found = set()
    for part in filter(str.strip, value.replace(";", ",").split(",")):
        word, at, unit = part.strip().partition("@")
        if not at:
            raise ValueError(part)
        found.add((Role(word.strip().lower()), unit.strip()))
    return found


def _rows(people: Iterable[User]) -> Iterator[Sequence[str]]:
    from django.utils import timezone

    today = timezone.now().date()
    for one in people:
        held = Membership.objects.filter(user=one).on(today).select_related("unit").order_by("pk")
        said = ", ".join(f"{membership.role}@{membership.unit.code}" for membership in held)
        active = "yes" if one.is_active else "no"
        yield one.username, one.first_name, one.last_name, one.email, one.phone, one.language, active, said


def _check(reading: Reading, pairs: list[tuple[SheetRow, Values]]) -> None:
    units = set(Unit.objects.where(reading.actor, *ADMINS).values_list("code", flat=True))
    logins = [values["login"] for _row, values in pairs if values.get("login")]
    known = {one.username: one for one in User.objects.filter(username__in=logins)}
    taken = {one.email.lower(): one.username for one in User.objects.exclude(email="")}
    for row, values in pairs:
        login = values.get("login")
        if not login:
            continue
        _check_person(reading, row, values, known.get(login))
        _check_email(reading, row, values, taken)
        for _role, unit in sorted(values.get("roles") or ()):
            if unit not in units:
                advice = _("Maybe there is a typing error in “%(unit)s”, or you do not administer it.") % {"unit": unit}
                reading.wrong(row, "roles", code="unknown-unit", advice=advice)


def _check_person(reading: Reading, row: SheetRow, values: Values, person: User | None) -> None:
    if person is None:
        if not values.get("roles"):
            advice = _("Maybe a role and a unit, such as clerk@vilnius: a new person must belong somewhere.")
            reading.wrong(row, "roles", code="no-role", advice=advice)
        if len(values["login"]) > 150 or any(one.isspace() for one in values["login"]):
            reading.wrong(row, "login", code="bad-login", advice=_("Maybe a short name without spaces."))
    elif not governs(reading.actor, person):
        advice = _("Maybe the login is taken, or the person is of another unit.")
        reading.wrong(row, "login", code="unknown-person", advice=advice)
    elif person.pk == reading.actor.pk and values.get("active") is False:
        reading.wrong(row, "active", code="yourself", advice=_("Maybe ask another administrator to do it."))


def _check_email(reading: Reading, row: SheetRow, values: Values, taken: dict[str, str]) -> None:
    address = (values.get("email") or "").lower()
    if not address:
        return
    if taken.setdefault(address, values["login"]) != values["login"]:
        advice = _("Maybe the person is there already under another login.")
        reading.wrong(row, "email", code="email-taken", advice=advice)


def _write(reading: Reading, values: Values) -> str:
    fields = {field: values[name] for name, field in _FIELDS.items() if name in values}
    blank = {"is_active": True, "language": settings.LANGUAGE_CODE}
    fields = {field: blank.get(field, "") if value is None else value for field, value in fields.items()}
    person = User.objects.filter(username=values["login"]).first()
    made = person is None
    if person is None:
        person = User(username=values["login"], **fields)
        person.set_unusable_password()
        person.save()
    changed = put(person, fields)
    if "email" in fields:
        forget_addresses(person)
    if "roles" in values:
        changed = _set_roles(reading, person, values["roles"] or set()) or changed
    return written(made=made, changed=changed)


def _set_roles(reading: Reading, person: User, wanted: set[Granted]) -> bool:
    theirs = Unit.objects.where(reading.actor, *ADMINS)
    held = list(Membership.objects.filter(user=person, unit__in=theirs).on(reading.today).select_related("unit"))
    have = {(Role(one.role), one.unit.code) for one in held}
    for role, code in sorted(wanted - have):
        grant(reading.actor, person=person, unit=Unit.objects.get(code=code), role=role, valid_from=reading.today)
    for one in held:
        if (Role(one.role), one.unit.code) not in wanted:
            end_role(reading.actor, membership=one, today=reading.today)
    return wanted != have


def _roles_advice() -> str:
    return _("Maybe roles with their unit, such as clerk@vilnius; roles are: %(roles)s.") % {"roles": ", ".join(Role)}


def _languages() -> str:
    return _("Maybe one of: %(languages)s.") % {"languages": ", ".join(code for code, _name in settings.LANGUAGES)}


PEOPLE: Final = Sheet(
    name="people",
    columns=(
        LOGIN,
        Column("first_name", text),
        Column("last_name", text),
        Column("email", email, advice=lambda: _("Maybe an address such as bob@bank.example is meant.")),
        Column("phone", text),
        Column("language", language, advice=_languages),
        Column("active", truth, advice=lambda: _("Maybe yes or no is meant.")),
        Column("roles", roles, advice=_roles_advice),
    ),
    key=("login",),
    roles=ADMINS,
    rows=_rows,
    check=_check,
    write=_write,
)
