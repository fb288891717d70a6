"""What is done to people, their roles and their keys. Whoever acts must be allowed to; wrong use says what is wrong."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.terms import Role
from troth.web.people.models import AccessKey, Membership, SignInLink, Unit, User

#: Who may manage people, units and keys in a unit.
ADMINS = (Role.ADMINISTRATOR,)


def governs(actor: User, person: User) -> bool:
    """Tell whether somebody administers every unit in which a person has or had a role.

    Whoever may change how a person signs in can act as that person; so it takes the rights over all the roles of the
    person, not over one of them.
    """
    theirs = Unit.objects.where(actor, *ADMINS)
    held = person.memberships.all()
    return held.exists() and not held.exclude(unit__in=theirs).exists()


def must_govern(actor: User, person: User) -> None:
    """Refuse whoever does not administer all the units of a person.

    Raises
    ------
    PermissionDenied : they do not.
    """
    if not governs(actor, person):
        raise PermissionDenied


def forget_addresses(person: User) -> None:
    """Let only the address a person has now open the account: the sign-in library keeps those of before as well."""
    EmailAddress.objects.filter(user=person).exclude(email__iexact=person.email).delete()


def wrong(code: str, *, where: str, value: object = "", advice: str) -> InputError:
    """Return an error with one issue."""
    return InputError([Issue(code, Severity.ERROR, where, str(value), advice)])


@transaction.atomic
def grant(actor: User, *, person: User, unit: Unit, role: Role, valid_from: date | None = None) -> Membership:
    """Give a person a role in a unit the actor administers.

    Raises
    ------
    PermissionDenied : the actor does not administer the unit.
    InputError : ``role-held``, the person has the role there already.
    """
    if not Unit.objects.where(actor, *ADMINS).filter(pk=unit.pk).exists():
        raise PermissionDenied
    held = person.memberships.filter(unit=unit, role=str(role), valid_to=None)
    if held.exists():
        raise wrong("role-held", where="role", value=role, advice=_("Maybe another role or unit is meant."))
    now = timezone.now()
    if valid_from is not None and valid_from <= now.astimezone(unit.zone).date():
        valid_from = min(valid_from, now.date())
    return Membership.objects.create(user=person, unit=unit, role=str(role), valid_from=valid_from)


@transaction.atomic
def end_role(actor: User, *, membership: Membership, today: date) -> Membership:
    """End a role today. The row stays: it tells who had which rights when.

    Raises
    ------
    PermissionDenied : the actor does not administer the unit.
    InputError : ``last-administrator``, nobody would be left to administer the organisation.
    """
    if not Unit.objects.where(actor, *ADMINS).filter(pk=membership.unit_id).exists():
        raise PermissionDenied
    # Rights begin and end with the day in Greenwich: where the new day has come already, that of before is meant.
    today = min(today, timezone.now().date())
    _keep_one_administrator(membership, today)
    if membership.valid_from is not None and membership.valid_from >= today:
        membership.valid_from = today - timedelta(days=1)
    membership.valid_to = today
    membership.save(update_fields=["valid_from", "valid_to"])
    return membership


def _keep_one_administrator(membership: Membership, today: date) -> None:
    if membership.role != Role.ADMINISTRATOR or membership.unit.parent_id is not None:
        return
    others = Membership.objects.select_for_update().on(today).exclude(pk=membership.pk)
    if not others.filter(role=str(Role.ADMINISTRATOR), unit=membership.unit, user__is_active=True).exists():
        advice = _("Maybe give somebody else the role first: nobody could give roles any more.")
        raise wrong("last-administrator", where="role", value=membership.user, advice=advice)


def set_active(actor: User, *, person: User, active: bool) -> None:
    """Let a person sign in, or no longer; what they did stays.

    Raises
    ------
    PermissionDenied : the actor does not administer all units of the person.
    InputError : ``yourself``, somebody locks themselves out.
    """
    must_govern(actor, person)
    if person.pk == actor.pk and not active:
        raise wrong("yourself", where="active", value=person, advice=_("Maybe ask another administrator to do it."))
    person.is_active = active
    person.save(update_fields=["is_active"])


def sign_in_link(actor: User, *, person: User, now: datetime) -> str:
    """Return the secret of a new link by which a person signs in once.

    Raises
    ------
    PermissionDenied : the actor does not administer all units of the person.
    """
    must_govern(actor, person)
    return SignInLink.make(person, now=now)


#: Roles a program, kiosk or display may have; nobody can be administrator by a key. Team leads act for their clerks.
KEY_ROLES = (
    Role.KIOSK, Role.DISPLAY, Role.CLERK, Role.AGENT, Role.DISPATCHER, Role.TEAM_LEAD, Role.OPERATIONS_LEAD, Role.AUDITOR,
)  # fmt: skip


def make_key(
    actor: User, *, title: str, unit: Unit, role: Role, expires_at: datetime | None = None
) -> tuple[AccessKey, str]:
    """Return a new key of a program, kiosk or display, and its secret, which is shown once.

    Raises
    ------
    PermissionDenied : the actor does not administer the unit.
    InputError : ``no-key-role``, a key cannot have the role.
    """
    if not Unit.objects.where(actor, *ADMINS).filter(pk=unit.pk).exists():
        raise PermissionDenied
    if role not in KEY_ROLES:
        advice = _("Maybe one of: %(roles)s.") % {"roles": ", ".join(KEY_ROLES)}
        raise wrong("no-key-role", where="role", value=role, advice=advice)
    with transaction.atomic():
        key, secret = AccessKey.make(title=title, unit=unit, role=role)
        if expires_at is not None:
            key.expires_at = expires_at
            key.save(update_fields=["expires_at"])
    return key, secret


def revoke_key(key: AccessKey, *, now: datetime) -> None:
    """Make a key worthless; a second time changes nothing."""
    AccessKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
