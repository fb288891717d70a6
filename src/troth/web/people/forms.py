"""The forms of people, units, calendars and keys. A form knows who fills it in, and offers only what they may choose."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from troth.core.terms import LeaveKind, Role, UnitKind
from troth.web.people import words
from troth.web.people.actions import ADMINS, KEY_ROLES
from troth.web.people.models import AccessKey, Contract, KeptFor, Qualification, Skill, Unit, User, WorkCalendar
from troth.web.people.retention import lengths
from troth.web.people.tables import span_in, zone_of


class DateInput(forms.DateInput):
    """A day, chosen from the browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class LocalInput(forms.DateTimeInput):
    """A local day and time, chosen by the browser's own means."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


def _zones() -> list[tuple[str, str]]:
    return [("", "")] + [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name]


class LanguageForm(forms.ModelForm):  # type: ignore[type-arg]
    """The language the site speaks to somebody."""

    class Meta:
        model = User
        fields = ("language",)
        labels = {"language": _("Language")}
        widgets = {"language": forms.Select(choices=settings.LANGUAGES)}


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who somebody is."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "username", "email", "phone", "language")
        labels = {
            "first_name": _("First name"), "last_name": _("Last name"), "username": _("Name to sign in with"),
            "email": _("E-mail"), "phone": _("Phone"), "language": _("Language"),
        }  # fmt: skip
        help_texts = {"username": ""}
        widgets = {"language": forms.Select(choices=settings.LANGUAGES)}

    def clean_email(self) -> str:
        """Refuse an address somebody else has, in capitals or not."""
        email: str = self.cleaned_data["email"]
        if email and User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody else has this address. Maybe the person is here already."))
        return email


class RoleForm(forms.Form):
    """A role in a unit the actor administers."""

    role = forms.ChoiceField(label=_("Role"))
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    valid_from = forms.DateField(label=_("From"), required=False, widget=DateInput())

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = words.choices_of(Role)  # type: ignore[attr-defined]
        self.fields["unit"].queryset = Unit.objects.where(actor, *ADMINS).order_by("path")  # type: ignore[attr-defined]


class QualificationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A skill with its level and the day it expires."""

    class Meta:
        model = Qualification
        fields = ("skill", "level", "gained_on", "expires_on")
        labels = {"skill": _("Skill"), "level": _("Level"), "gained_on": _("Since"), "expires_on": _("Expires")}
        widgets = {
            "gained_on": DateInput(), "expires_on": DateInput(),
            "level": forms.NumberInput(attrs={"min": 1, "max": 5}),
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse a level that is none, and an end before the beginning."""
        found = super().clean() or {}
        if not 1 <= (found.get("level") or 1) <= 5:
            self.add_error("level", _("Maybe a level from 1 to 5."))
        _in_order(self, found, "gained_on", "expires_on")
        return found


class ContractForm(forms.ModelForm):  # type: ignore[type-arg]
    """The hours a person is paid for."""

    class Meta:
        model = Contract
        fields = ("hours_per_week", "valid_from", "valid_to")
        labels = {"hours_per_week": _("Hours a week"), "valid_from": _("From"), "valid_to": _("Until")}
        widgets = {"valid_from": DateInput(), "valid_to": DateInput()}

    def clean(self) -> dict[str, Any]:
        """Refuse impossible hours, and an end before the beginning."""
        found = super().clean() or {}
        hours = found.get("hours_per_week")
        if hours is not None and not 0 <= hours <= 80:
            self.add_error("hours_per_week", _("Maybe hours from 0 to 80."))
        _in_order(self, found, "valid_from", "valid_to")
        return found


class LeaveForm(forms.Form):
    """A time away, in whole days, where the person works."""

    first = forms.DateField(label=_("First day"), widget=DateInput())
    last = forms.DateField(label=_("Last day"), widget=DateInput())
    kind = forms.ChoiceField(label=_("Why"))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["kind"].choices = words.choices_of(LeaveKind)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning, and a time that overlaps with another leave."""
        found = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if first and last:
            if last < first:
                self.add_error("last", _("Maybe the days are swapped."))
            else:
                found["span"] = span_in(zone_of(self.person), starts=first, ends=last)
                if self.person.leave.filter(span__overlap=found["span"]).exists():
                    self.add_error("first", _("Maybe the days are others: the person is away then already."))
        return found


class UnitForm(forms.ModelForm):  # type: ignore[type-arg]
    """A unit of the organisation, below one the actor administers."""

    class Meta:
        model = Unit
        fields = ("title", "code", "kind", "parent", "time_zone", "address", "languages")
        labels = {
            "title": _("Name"), "code": _("Code"), "kind": _("Kind"), "parent": _("Belongs to"),
            "time_zone": _("Time zone"), "address": _("Address"), "languages": _("Languages"),
        }  # fmt: skip
        help_texts = {
            "code": _("In figures and files; it cannot be changed later."),
            "languages": _("Codes with commas, the first is the usual one."),
            "time_zone": _("A site needs one; others take that of the unit above."),
        }

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        theirs = Unit.objects.where(actor, *ADMINS).order_by("path")
        if self.instance.pk:
            theirs = theirs.exclude(path__startswith=self.instance.path)
            self.fields["code"].disabled = True
        parent = self.fields["parent"]
        # The top stays the top; whatever else is made or moved goes below a unit of the actor's.
        parent.disabled = bool(self.instance.pk and self.instance.parent not in theirs)
        parent.required = not parent.disabled
        shown = Unit.objects.filter(children=self.instance) if parent.disabled else theirs
        parent.queryset = shown  # type: ignore[attr-defined]
        self.fields["kind"].choices = words.choices_of(UnitKind)  # type: ignore[attr-defined]
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"), required=False, choices=_zones, help_text=self.fields["time_zone"].help_text
        )

    def clean_languages(self) -> str:
        """Refuse languages the site does not speak."""
        known = dict(settings.LANGUAGES)
        said = [one.strip() for one in self.cleaned_data["languages"].split(",") if one.strip()]
        if odd := [one for one in said if one not in known]:
            raise ValidationError(
                _("Not known: %(odd)s. Maybe %(known)s."), params={"odd": ", ".join(odd), "known": ", ".join(known)}
            )
        return ",".join(said)

    def clean(self) -> dict[str, Any]:
        """Refuse a site without a time zone."""
        found = super().clean() or {}
        if found.get("kind") == UnitKind.SITE and not found.get("time_zone"):
            self.add_error("time_zone", _("Maybe that of the nearest large town: a site has its own days."))
        return found


class CalendarForm(forms.ModelForm):  # type: ignore[type-arg]
    """A calendar: its name and time zone."""

    class Meta:
        model = WorkCalendar
        fields = ("title", "code", "time_zone")
        labels = {"title": _("Name"), "code": _("Code"), "time_zone": _("Time zone")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"] = forms.ChoiceField(label=_("Time zone"), choices=_zones)
        if self.instance.pk:
            self.fields["code"].disabled = True


class SkillForm(forms.ModelForm):  # type: ignore[type-arg]
    """A skill people may have."""

    class Meta:
        model = Skill
        fields = ("title", "code")
        labels = {"title": _("Name"), "code": _("Code")}


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A key of a program, kiosk or display."""

    expires_on = forms.DateField(label=_("Works until"), required=False, widget=DateInput())

    class Meta:
        model = AccessKey
        fields = ("title", "unit", "role")
        labels = {"title": _("What it is for"), "unit": _("Unit"), "role": _("Acts as")}

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.where(actor, *ADMINS).order_by("path")  # type: ignore[attr-defined]
        kept = [pair for pair in words.choices_of(Role) if pair[0] in KEY_ROLES]
        self.fields["role"] = forms.ChoiceField(label=_("Acts as"), choices=kept)

    def expires_at(self) -> datetime | None:
        """Return the end of the last day the key works, where its unit is."""
        last: date | None = self.cleaned_data.get("expires_on")
        return datetime.combine(last, time(23, 59, 59), tzinfo=self.cleaned_data["unit"].zone) if last else None


def _in_order(form: forms.BaseForm, found: dict[str, Any], first: str, last: str) -> None:
    if found.get(first) and found.get(last) and found[last] <= found[first]:
        form.add_error(last, _("Maybe the days are swapped."))


class KeptForm(forms.Form):
    """How many days each line of the table of retention is kept; empty for without end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, days in lengths().items():
            said, _then = words.KEPT[code]
            self.fields[code] = forms.IntegerField(
                label=said, required=False, min_value=1, max_value=36_500, initial=days
            )

    def save(self) -> None:
        """Write down what differs from what held."""
        for code, days in lengths().items():
            if self.cleaned_data[code] != days:
                KeptFor.objects.update_or_create(code=code, defaults={"days": self.cleaned_data[code]})
