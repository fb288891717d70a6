"""Where the pages of this app are, and who may open them."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, URLResolver, register_converter
from django.urls.converters import StringConverter

from troth.core.terms import Role
from troth.web.people.rights import ANYBODY, LEADS, SIGNED_IN, STAFF, About, declare, page
from troth.web.people.table_work import SHEETS
from troth.web.people.views import entry, people, records, units

_ADMINS: Final = {Role.ADMINISTRATOR}
_READ_PEOPLE: Final = people.READERS
_PLANS: Final = {Role.ADMINISTRATOR, Role.OPERATIONS_LEAD, Role.PLANNER}
_PERSON: Final = About("people.User", by="code", unit="memberships__unit", held=True)
_UNIT: Final = About("people.Unit", by="code", unit="")
_KEY: Final = About("people.AccessKey")


class FileConverter(StringConverter):
    """How a file of data ends."""

    regex = "csv|json|xlsx"


register_converter(FileConverter, "file")


def _of(sheet: str) -> set[Role]:
    return set(SHEETS[sheet].roles)


_ANY_SHEET: Final = _of("people") | _of("skills") | _of("contracts") | _of("leave")

urlpatterns: list[URLPattern | URLResolver] = [
    page("enter/<str:secret>", entry.enter, "enter", needs=ANYBODY),
    page("device/<str:secret>", entry.device, "device", needs=ANYBODY),
    page("account", entry.account, "my_account", needs=SIGNED_IN),
    page("account/data.<file:form>", entry.my_data, "my_data", needs=SIGNED_IN),
    page("people", people.people, "people", needs=_READ_PEOPLE),
    page("people/new", people.person_new, "person_new", needs=_ADMINS),
    page("people/sheets/<str:name>.<file:form>", records.sheet_out, "people_file", needs=_ANY_SHEET | {Role.AUDITOR}),
    page("people/sheets/<str:name>", records.sheet_in, "people_sheet", needs=_ANY_SHEET | {Role.AUDITOR}, changes=_ANY_SHEET),
    page("people/<str:code>", people.person, "person", needs=_READ_PEOPLE, changes=_ADMINS, about=_PERSON),
    page("people/<str:code>/roles", people.person_roles, "person_roles", needs=_ADMINS, about=_PERSON),
    page("people/<str:code>/skills", people.person_skills, "person_skills", needs=_of("skills"), about=_PERSON),
    page("people/<str:code>/contracts", people.person_contracts, "person_contracts", needs=_of("contracts"), about=_PERSON),
    page("people/<str:code>/leave", people.person_leave, "person_leave", needs=_of("leave"), about=_PERSON),
    page("people/<str:code>/link", people.person_link, "person_link", needs=_ADMINS, about=_PERSON),
    page("people/<str:code>/active", people.person_active, "person_active", needs=_ADMINS, about=_PERSON),
    page("people/<str:code>/erase", people.person_erase, "person_erase", needs=_ADMINS, about=_PERSON),
    page("people/<str:code>/data.<file:form>", people.person_data, "person_data", needs=_ADMINS, about=_PERSON),
    page("units", units.units, "units", needs=STAFF),
    page("units/new", units.unit_new, "unit_new", needs=_ADMINS),
    page("units/<str:code>", units.unit, "unit", needs=STAFF, changes=_ADMINS, about=_UNIT),
    page("calendars", units.calendars, "calendars", needs=LEADS, changes=_PLANS, whole=True),
    page("calendars/<str:code>", units.calendar, "calendar", needs=LEADS, changes=_PLANS, whole=True),
    page("skills", units.skills, "skills", needs=LEADS | {Role.TRAINER}, changes=_PLANS | {Role.TRAINER}, whole=True),
    page("keys", records.keys, "keys", needs=_ADMINS),
    page("keys/<int:pk>/revoke", records.key_revoke, "key_revoke", needs=_ADMINS, about=_KEY),
    page("trail", records.trail, "trail", needs={Role.ADMINISTRATOR, Role.AUDITOR}),
    page("retention", records.retention, "retention", needs={Role.ADMINISTRATOR, Role.AUDITOR}, changes=_ADMINS, whole=True),
    page("rights", records.rights, "rights", needs={Role.ADMINISTRATOR, Role.AUDITOR}),
]  # fmt: skip

# Pages of the sign-in library, which checks by itself: those before one is in, and those of one's own account.
_BEFORE: Final = """
    account_login account_logout account_signup account_reset_password account_reset_password_done
    account_reset_password_from_key account_reset_password_from_key_done account_confirm_email account_inactive
    account_email_verification_sent account_confirm_login_code
    mfa_authenticate
    socialaccount_login_cancelled socialaccount_login_error socialaccount_signup
    openid_connect_login openid_connect_callback
"""
_OWN: Final = """
    account_request_reauthentication_code account_confirm_reauthentication_code
    account_email account_change_password account_set_password account_reauthenticate
    mfa_index mfa_activate_totp mfa_deactivate_totp mfa_reauthenticate mfa_reauthenticate_webauthn
    mfa_view_recovery_codes mfa_generate_recovery_codes mfa_download_recovery_codes
    mfa_list_webauthn mfa_add_webauthn mfa_edit_webauthn mfa_remove_webauthn
    socialaccount_connections
"""
for _name in _BEFORE.split():
    declare(_name, needs=ANYBODY)
for _name in _OWN.split():
    declare(_name, needs=SIGNED_IN)
# Each live topic looks at rights by itself; its app lies below this one.
declare("live_poll", needs=ANYBODY)
