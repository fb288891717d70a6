"""Forms of what an administrator sets up: branches, counters, lines, the services in them, and slots."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from troth.web.flow.models import Branch, Counter, Line, LineService, SlotRule
from troth.web.services.models import Service

_CLOCK = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")
_TIME = forms.TextInput(attrs={"placeholder": "09:00", "inputmode": "numeric", "maxlength": 5})


class MinutesField(forms.FloatField):
    """Minutes on the screen, seconds in the row."""

    def prepare_value(self, value: Any) -> Any:
        """Show seconds as minutes."""
        return f"{value / 60:g}" if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Return whole seconds."""
        minutes = super().clean(value)
        return None if minutes is None else round(minutes * 60)


class BranchForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a branch receives customers."""

    field_order = ("calendar", "languages", "usual")
    languages = forms.MultipleChoiceField(
        label=_("Languages of kiosk, wall and voice"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple
    )
    usual = forms.ChoiceField(label=_("The usual one of them"), choices=settings.LANGUAGES)
    no_show_s = MinutesField(
        label=_("Minutes after the call until a customer may be marked absent"), min_value=0, max_value=120
    )
    forgotten_s = MinutesField(
        label=_("Minutes after which a service has lost its end"),
        min_value=5,
        max_value=24 * 60,
        help_text=_("It is then ended by itself and flagged as a guess."),
    )

    class Meta:
        model = Branch
        fields = ["calendar", "languages", "kiosk_wide", "join_by_link", "notice_ahead", "no_show_s", "forgotten_s"]
        labels = {
            "calendar": _("Opening hours"),
            "kiosk_wide": _("Kiosk controls low enough for wheelchairs"),
            "join_by_link": _("Customers may join by link and poster"),
            "notice_ahead": _("Tell a customer when so many are ahead"),
        }
        help_texts = dict.fromkeys(["kiosk_wide", "notice_ahead"], "")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["calendar"].empty_label = _("always open")  # type: ignore[attr-defined]
        known = self.instance.languages or self.instance.unit.spoken
        self.initial.update({"languages": known, "usual": known[0]})

    def clean(self) -> dict[str, Any]:
        """Put the usual language first: kiosk, wall and voice begin with it."""
        told = super().clean() or {}
        usual, chosen = told.get("usual"), told.get("languages")
        if usual and chosen:
            told["languages"] = [usual, *(code for code in chosen if code != usual)]
        return told


class CounterForm(forms.ModelForm):  # type: ignore[type-arg]
    """A counter and the lines it serves."""

    lines = forms.ModelMultipleChoiceField(
        label=_("Lines it serves"), queryset=Line.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Counter
        fields = ["title", "code", "lines"]
        labels = {"title": _("Name, as called"), "code": _("Code")}
        help_texts = {"code": _("Small letters, digits and hyphens; it is the name in the log.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lines"].queryset = Line.objects.filter(branch=self.instance.branch)  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        """Refuse a code that another counter of the branch has."""
        code: str = self.cleaned_data["code"]
        if Counter.objects.filter(branch=self.instance.branch, code=code).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Another counter here has this code."))
        return code


class LineForm(forms.ModelForm):  # type: ignore[type-arg]
    """A line: its name and the probability of its promised waits."""

    class Meta:
        model = Line
        fields = ["title", "code", "promise_probability"]
        labels = {
            "title": _("Title"),
            "code": _("Code"),
            "promise_probability": _("Share of waits that end within the promised band"),
        }
        help_texts = {
            "code": _("Small letters, digits and hyphens; it is the name in the log."),
            "promise_probability": _("Between 0.5 and 1; 0.8 is usual."),
        }


class LineServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A service that waits in a line."""

    class Meta:
        model = LineService
        fields = ["service", "prefix"]
        labels = {"service": _("Service"), "prefix": _("Letter of its tickets")}
        widgets = {"prefix": forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = LineService.objects.filter(branch=self.instance.branch).values("service")
        free = Service.objects.filter(closed_on=None).exclude(pk__in=taken).order_by("title")
        self.fields["service"].queryset = free  # type: ignore[attr-defined]

    def clean_prefix(self) -> str:
        """Take one to three capital letters."""
        said: str = self.cleaned_data["prefix"].strip().upper()
        if not re.fullmatch(r"[A-Z]{1,3}", said):
            raise forms.ValidationError(_("One to three letters from A to Z."))
        return said


class SlotRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """When appointments can be had."""

    weekday = forms.TypedChoiceField(label=_("Day"), coerce=int, choices=list(WEEKDAYS.items()))
    opens = forms.CharField(label=_("From"), widget=_TIME)
    closes = forms.CharField(label=_("Until"), widget=_TIME)
    slot_s = MinutesField(label=_("Minutes a slot"), min_value=1, max_value=600)
    buffer_s = MinutesField(label=_("Minutes kept free after it"), min_value=0, max_value=240, initial=0)

    class Meta:
        model = SlotRule
        fields = ["service", "weekday", "opens", "closes", "slot_s", "buffer_s", "capacity", "valid_from", "valid_to"]
        labels = {
            "service": _("Service"),
            "capacity": _("Places a slot"),
            "valid_from": _("From day"),
            "valid_to": _("Until day"),
        }
        widgets = {
            "valid_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "valid_to": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = Service.objects.filter(offers__unit=self.instance.branch.unit, offers__by_appointment=True)
        self.fields["service"].queryset = offered.distinct().order_by("title")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse times that are none, slots that do not fit and days in the wrong order."""
        told = super().clean() or {}
        opens, closes = told.get("opens", ""), told.get("closes", "")
        for name, value in (("opens", opens), ("closes", closes)):
            if value and not _CLOCK.match(value):
                self.add_error(name, _("A time of day such as 09:30."))
        if opens and closes and closes <= opens:
            self.add_error("closes", _("Maybe it should be later than the beginning."))
        elif not self.errors and told["slot_s"] > _seconds(closes) - _seconds(opens):
            self.add_error("slot_s", _("No slot of this length fits between the times."))
        first, last = told.get("valid_from"), told.get("valid_to")
        if first and last and last <= first:
            self.add_error("valid_to", _("Maybe it should be later than the beginning."))
        return told


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60
