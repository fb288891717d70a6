"""All that is known of a customer, handed out on request; and erasure, after which events belong to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, EmailField, Field, Model, TextField

from troth.web.customers.actions import everyone
from troth.web.customers.history import facts_of
from troth.web.customers.models import Customer, Organisation
from troth.web.people.mailbox import forget_letters, letters_to
from troth.web.people.models import ErasureRequest
from troth.web.people.privacy import NAMING, Known, changes_of, plain, scrub


def known_of(
    customer: Customer, *, earlier: Iterable[Mapping[str, Any]] = (), rejects: Iterable[Mapping[str, Any]] = ()
) -> Known:
    """Return all rows about a customer by kind, in whatever app they are, all events of their pseudonyms, and letters.

    Parameters
    ----------
    customer : those merged into them come along.
    earlier : events of the lake.
    rejects : rows of imported files that could not be taken and name the customer.
    """
    people = everyone(customer)
    found: Known = {"customer": [plain(one) | {"pseudonym": one.pseudonym} for one in people]}
    for model, field in _pointing():
        rows = [plain(row) for row in model.objects.filter(**{f"{field}__in": people})]
        if rows:
            found[model._meta.db_table] = rows  # noqa: SLF001 - Django's public name for it
    found["events"] = _events(people, earlier)
    found["letters"] = letters_to(_said(people, "email"))
    found["rejects"] = [{name: str(value) for name, value in row.items()} for row in rejects]
    found["changes"] = changes_of("customers_customer", [one.pk for one in people])
    return found


def naming(customer: Customer) -> set[str]:
    """Return the words that name a customer and those merged into them: names, addresses, numbers, pseudonyms."""
    people = everyone(customer)
    said = set[str]().union(*(_said(people, column) for column in ("name", "email", "phone")))
    return said | {one.pseudonym for one in people}


def _events(people: list[Customer], earlier: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    facts = facts_of([one.pseudonym for one in people], most=None)
    known = {str(fact.source_id) for fact in facts}
    return [
        {"activity": fact.activity, "occurred_at": str(fact.occurred_at), **{k: str(v) for k, v in fact.event.items()}}
        for fact in facts
    ] + [
        {name: str(value) for name, value in row.items() if value is not None}
        for row in earlier
        if row.get("source_id") not in known
    ]


def _said(people: list[Customer], column: str) -> set[str]:
    """Return what stands in a column of the customers and of every row that points at them, such as appointments."""
    found = {getattr(one, column) for one in people}
    for model, field in _pointing():
        if column in {one.name for one in model._meta.fields}:  # noqa: SLF001 - as below
            found |= set(model.objects.filter(**{f"{field}__in": people}).values_list(column, flat=True))
    return found - {""}


def _pointing() -> Iterator[tuple[Any, str]]:
    """Yield the models that point at a customer, with the name of the field, whatever app they are of."""
    for relation in Customer._meta.related_objects:  # noqa: SLF001 - Django's public name for it
        if relation.related_model is not Customer:
            yield relation.related_model, relation.field.name


@transaction.atomic
def erase(customer: Customer, *, now: datetime, asked: bool = True) -> list[str]:
    """Erase a customer and all that names them; return the pseudonyms that now belong to nobody.

    Rows of other apps that point at the customer, such as appointments, lose the columns that name; the audit trail
    loses the values. What the lake keeps in old files is cleaned by the job that looks for
    `ErasureRequest`.

    Parameters
    ----------
    asked : somebody wants it, so that the letters go and the lake is cleaned as well. Both have lines of their own in
        the table of retention, and another customer may have the address.
    """
    people = list(Customer.objects.select_for_update().filter(pk__in=[one.pk for one in everyone(customer)]))
    ids = [one.pk for one in people]
    if asked:
        addresses = _said(people, "email")
        transaction.on_commit(lambda: forget_letters(addresses))
    named: dict[str, list[Any]] = {"customers_customer": ids}
    for model, field in _pointing():
        rows = model.objects.filter(**{f"{field}__in": people})
        named[model._meta.db_table] = list(rows.values_list("pk", flat=True))  # noqa: SLF001 - as above
        if blank := _blank(model):
            rows.update(**blank)
    alone = _organisations_of(people)
    named["customers_organisation"] = [one.pk for one in alone]
    # Who was merged into whom goes first: rows that are deleted in any order must not point at each other.
    Customer.objects.filter(pk__in=ids).update(merged_into=None)
    Customer.objects.filter(pk__in=ids).delete()
    Organisation.objects.filter(pk__in=named["customers_organisation"]).delete()
    for noun, rows_of in named.items():
        scrub(noun, rows_of)
    pseudonyms = [one.pseudonym for one in people]
    if asked:
        ErasureRequest.objects.bulk_create(ErasureRequest(pseudonym=one, asked_at=now) for one in pseudonyms)
    return pseudonyms


def _blank(model: type[Model]) -> dict[str, str]:
    """Return the columns of a model that name somebody, with what stands in them afterwards."""
    columns = model._meta.fields  # noqa: SLF001 - as above
    fields: list[Field[Any, Any]] = [one for one in columns if isinstance(one, CharField | TextField | EmailField)]
    return {one.name: "" for one in fields if one.name in NAMING and not one.choices}


def _organisations_of(people: list[Customer]) -> list[Organisation]:
    """Return the organisations, such as a household, that hold nobody but these."""
    ids = [one.pk for one in people]
    found = Organisation.objects.filter(customers__in=people).distinct()
    return [one for one in found if not one.customers.exclude(pk__in=ids).exists()]
