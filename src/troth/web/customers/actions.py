"""What is done to customers: duplicates found, merged and parted again, consent given and withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.web.customers.keys import name_key, phone_key
from troth.web.customers.models import Consent, Customer, CustomerQuerySet
from troth.web.people.models import Unit, User

#: What customers are asked to agree to.
PURPOSES: Final = ("notices", "surveys", "offers", "recording")
#: What somebody who books gives name and address for; only booking writes it.
APPOINTMENTS: Final = "appointments"
#: Columns by which two may be one, the strongest first.
_KEYS: Final = ("email_key", "phone_key", "name_key")


@dataclass(frozen=True, slots=True)
class Alike:
    """Customers who may be one, and why: ``email``, ``phone`` or ``name``."""

    why: str
    customers: tuple[Customer, ...]


def search(found: CustomerQuerySet, *, text: str) -> CustomerQuerySet:
    """Return the customers a text means: words of the name, a phone number, an e-mail, or the start of a pseudonym."""
    text = text.strip()
    if not text:
        return found
    if "@" in text:
        return found.filter(email_key__contains=text.lower())
    digits = phone_key(text)
    meant = Q(pseudonym__startswith=text.lower()) if text.lower().startswith("c-") else Q(pk__in=[])
    if digits and not any(one.isalpha() for one in text):
        return found.filter(meant | Q(phone_key=digits))
    words = Q()
    for word in name_key(text).split():
        words &= Q(name_key__contains=word)
    return found.filter(meant | words) if words else found.filter(meant)


def duplicates(found: CustomerQuerySet, *, most: int = 50) -> list[Alike]:
    """Return groups of customers who share an e-mail, a phone or a name, the strongest reason first.

    Two who share both are told of once. One reason is no proof: a family may share a phone, so people decide.
    """
    told: set[frozenset[int]] = set()
    groups: list[Alike] = []
    for key in _KEYS:
        shared = found.exclude(**{key: ""}).values(key).annotate(n=Count("pk", distinct=True)).filter(n__gt=1)
        values = [row[key] for row in shared.order_by(key)[: most + len(told)]]
        rows: dict[str, list[Customer]] = {}
        for one in found.filter(**{f"{key}__in": values}).select_related("unit").order_by(key, "created_at", "pk"):
            rows.setdefault(getattr(one, key), []).append(one)
        for same in rows.values():
            who = frozenset(one.pk for one in same)
            if who not in told and len(groups) < most:
                told.add(who)
                groups.append(Alike(why=key.removesuffix("_key"), customers=tuple(same)))
    return groups


def alike(customer: Customer, *, found: CustomerQuerySet) -> list[Customer]:
    """Return the customers among some who share a key with one."""
    same = Q(pk__in=[])
    for key in _KEYS:
        if value := getattr(customer, key):
            same |= Q(**{key: value})
    return list(found.filter(same).exclude(pk=customer.pk).order_by("created_at", "pk")[:10])


def everyone(customer: Customer) -> list[Customer]:
    """Return a customer and all who were merged into them, directly or through another."""
    found, fresh = [customer], [customer]
    while fresh:
        fresh = list(Customer.objects.filter(merged_into__in=fresh).exclude(pk__in=[one.pk for one in found]))
        found += fresh
    return found


@transaction.atomic
def newcomer(*, unit: Unit, name: str, email: str, phone: str, language: str, now: datetime) -> Customer | None:
    """Return a customer for somebody who books and says who they are; None where nothing was said.

    It is always a new one, whoever is known here already: whoever types an address learns nothing from what follows,
    and gets nobody's history. `letter_opened` joins the two when the address has proved to be theirs.

    Parameters
    ----------
    unit : where they booked.
    """
    if not (name or email or phone):
        return None
    made = Customer.objects.create(
        name=name, email=email, phone=phone, language=language, unit=unit, created_at=now, by_booking=True
    )
    Consent.objects.create(customer=made, purpose=APPOINTMENTS, given_at=now, how="booking")
    return made


@transaction.atomic
def letter_opened(customer: Customer, *, email: str, now: datetime) -> None:
    """Note that somebody first opened a letter sent to their address; who is known by it and by name is one with them.

    Name and address must both agree, for a family may share an address, and no name agrees with none. Later looks at
    the letter change nothing: people may have parted the two meanwhile. One who is known only from a booking whose
    letter was never opened is nobody's match: anybody can type an address.

    Parameters
    ----------
    email : where the letter went; nothing follows if the customer has another address by now.
    """
    same = Customer.objects.filter(unit=customer.unit_id, email_key=email.lower()).order_by("pk")
    found = {one.pk: one for one in same.select_for_update()}
    mine = found.get(customer.pk)
    if mine is None or not email or mine.email_verified_at is not None:
        return
    mine.email_verified_at = now
    mine.save(update_fields=["email_verified_at"])
    if not mine.by_booking or mine.merged_into_id is not None or not mine.name_key:
        return
    known = [
        one
        for one in found.values()
        if one.pk != mine.pk and one.merged_into_id is None and one.name_key == mine.name_key
        and (not one.by_booking or one.email_verified_at is not None)
    ]  # fmt: skip
    if known:
        mine.merged_into = min(known, key=lambda one: (one.by_booking, one.created_at, one.pk))
        mine.save(update_fields=["merged_into"])


@transaction.atomic
def merge(actor: User, *, keep: Customer, other: Customer) -> Customer:
    """Let one customer count as another from now on; `part` undoes it, for nothing of either is lost.

    Parameters
    ----------
    actor : who merges; must see both.
    keep, other : who stays, and who counts as them.

    Returns
    -------
    The other one.

    Raises
    ------
    PermissionDenied : the actor does not see both.
    InputError : ``merge-itself`` or ``merged-already``.
    """
    locked = {
        one.pk: one for one in Customer.objects.select_for_update().filter(pk__in=[keep.pk, other.pk]).order_by("pk")
    }
    if keep.pk == other.pk:
        raise _wrong("merge-itself", str(keep), _("Maybe another customer is meant."))
    for one in locked.values():
        if one.merged_into_id is not None:
            raise _wrong("merged-already", str(one), _("Maybe somebody merged them a moment ago; open the page anew."))
    if Customer.objects.visible_to(actor).filter(pk__in=locked).distinct().count() != 2:
        raise PermissionDenied
    gone = locked[other.pk]
    gone.merged_into = locked[keep.pk]
    gone.save(update_fields=["merged_into"])
    return gone


def part(customer: Customer) -> None:
    """Let somebody who was merged be a customer of their own again."""
    Customer.objects.filter(pk=customer.pk).update(merged_into=None)


def give_consent(customer: Customer, *, purpose: str, how: str, now: datetime) -> None:
    """Note that a customer agreed to something; agreeing twice is agreeing once.

    Raises
    ------
    InputError : ``unknown-purpose``.
    """
    if purpose not in PURPOSES:
        raise _wrong("unknown-purpose", purpose, _("Maybe one of: %(known)s.") % {"known": ", ".join(PURPOSES)})
    Consent.objects.get_or_create(
        customer=customer, purpose=purpose, withdrawn_at=None, defaults={"given_at": now, "how": how[:80]}
    )


def withdraw_consent(customer: Customer, *, purpose: str, now: datetime) -> None:
    """Note that a customer no longer agrees; what was agreed before stays for the record."""
    customer.consents.filter(purpose=purpose, withdrawn_at=None).update(withdrawn_at=now)


def agreed(customers: Iterable[Customer], *, purpose: str) -> bool:
    """Tell whether a customer, or somebody merged into them, agrees to something now."""
    return Consent.objects.filter(customer__in=list(customers), purpose=purpose, withdrawn_at=None).exists()


def _wrong(code: str, value: str, advice: str) -> InputError:
    return InputError([Issue(code, Severity.ERROR, "customer", value, advice)])
