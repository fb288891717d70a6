"""Reading the audit trail: who changed what when, of the rows somebody may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from troth.core.terms import Role
from troth.web.people.models import Change, Unit, User

READERS = (Role.ADMINISTRATOR, Role.AUDITOR)
#: Columns that say nothing to a reader.
_DULL = frozenset({"id", "path", "last_login", "name_key", "phone_key", "email_key"})


@dataclass(frozen=True, slots=True)
class Noted:
    """A change as it is shown: what became of which column."""

    at: datetime
    actor: str
    action: str
    noun: str
    noun_id: str
    columns: tuple[tuple[str, str, str], ...]


def nouns() -> dict[str, type[Model]]:
    """Return the kinds of rows the trail may tell of, by the database name of their table."""
    ours = (model for model in apps.get_models() if model.__module__.startswith("troth.web."))
    return {model._meta.db_table: model for model in ours}  # noqa: SLF001 - Django's public name for it


def visible_changes(reader: User) -> QuerySet[Change]:
    """Return the changes somebody may read.

    Whoever has the right for the whole organisation reads all; otherwise of rows that stand and lie in the reader's
    units. Rows that belong to no unit, and rows that are gone, are for the former alone.
    """
    where = Unit.objects.where(reader, *READERS)
    if where.filter(parent=None).exists():
        return Change.objects.all()
    found = Q(pk__in=[])
    for table, model in nouns().items():
        rows = _rows_in(model, where)
        if rows is not None:
            found |= Q(noun=table, noun_id__in=rows.annotate(_id=Cast("pk", TextField())).values("_id"))
    return Change.objects.filter(found)


def _rows_in(model: Any, where: QuerySet[Unit]) -> QuerySet[Any] | None:
    """Return the rows of a kind that lie in units; none where the kind does not lie in units."""
    if model is Unit:
        return where
    if model is User:
        return User.objects.filter(memberships__unit__in=where)  # type: ignore[no-any-return]
    names = {field.name for field in model._meta.get_fields()}  # noqa: SLF001 - as above
    if "unit" in names:
        return model.objects.filter(unit__in=where)  # type: ignore[no-any-return]
    if "user" in names:
        return model.objects.filter(user__memberships__unit__in=where)  # type: ignore[no-any-return]
    if "branch" in names:
        return model.objects.filter(branch__unit__in=where)  # type: ignore[no-any-return]
    return None


def noted(changes: list[Change]) -> list[Noted]:
    """Return changes with the names of whoever made them."""
    names = {one.code: str(one) for one in User.objects.filter(code__in={change.actor for change in changes})}
    return [
        Noted(
            at=one.at,
            actor=names.get(one.actor) or _nobodys(one.actor),
            action=one.action,
            noun=one.noun,
            noun_id=one.noun_id,
            columns=tuple(
                (column, _shown(before), _shown(after))
                for column, (before, after) in sorted(one.changes.items())
                if column not in _DULL and (one.action == "update" or (before or after) not in (None, "", [], {}))
            ),
        )
        for one in changes
    ]


def _nobodys(actor: str) -> str:
    """Return what is called who is no person."""
    return {"system": _("the system"), "retention": _("retention")}.get(actor, actor)


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "\u2013"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)
