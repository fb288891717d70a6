"""The record of a discipline as a form people can read, and back.

A line's record is plain data (see `queueing.record`). The form has one row a class, and a blank one to add another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

PRIORITIES = [(str(k), str(k)) for k in range(1, 6)]
_BOOKED = [("", _("Everybody")), ("yes", _("Appointments that came in time")), ("no", _("All others"))]
_LATE = [
    ("shift", _("counts as of now")),
    ("keep", _("keeps the time")),
    ("walk_in", _("as a walk-in")),
]
_BACK = [("place", _("the old place")), ("end", _("the end of the line"))]


class ClassForm(forms.Form):
    """Customers who are treated alike."""

    name = forms.CharField(label=_("Title"), required=False, max_length=60)
    services = forms.MultipleChoiceField(
        label=_("Services"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None chosen: any.")
    )
    priorities = forms.MultipleChoiceField(
        label=_("Priorities"), required=False, widget=forms.CheckboxSelectMultiple, choices=PRIORITIES
    )
    labels = forms.CharField(label=_("Labels"), required=False, help_text=_("With commas; one of them is enough."))
    booked = forms.ChoiceField(label=_("Who"), required=False, choices=_BOOKED)
    level = forms.IntegerField(
        label=_("Level"), required=False, help_text=_("A lower level goes before all of a higher one.")
    )
    head_start = forms.FloatField(label=_("Head start, points"), required=False)
    ageing = forms.FloatField(label=_("Points a minute"), required=False)
    remove = forms.BooleanField(label=_("Remove this class"), required=False)

    def __init__(self, *args: Any, services: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = dict(services)
        # A code that is no longer offered stays visible, so that saving does not lose it silently.
        for code in self.initial.get("services", ()):
            known.setdefault(code, code)
        self.fields["services"].choices = list(known.items())  # type: ignore[attr-defined]

    def record(self) -> dict[str, Any]:
        """Return the class as plain data; conditions that are left empty are left out."""
        told = self.cleaned_data
        made: dict[str, Any] = {
            "name": told["name"].strip(),
            "level": told["level"] or 0,
            "head_start": told["head_start"] or 0.0,
            "ageing": 1.0 if told["ageing"] is None else told["ageing"],
        }
        labels = [one.strip() for one in told["labels"].split(",") if one.strip()]
        conditions = {
            "services": told["services"],
            "priorities": [int(k) for k in told["priorities"]],
            "labels": labels,
        }
        made |= {name: value for name, value in conditions.items() if value}
        if told["booked"]:
            made["booked"] = told["booked"] == "yes"
        return made


class RulesForm(forms.Form):
    """What holds for all classes: appointments, coming back, fairness. Times are minutes."""

    early = forms.FloatField(
        label=_("May be called so many minutes before"), required=False, min_value=0,
        help_text=_("Empty: as soon as they are here."),
    )  # fmt: skip
    head_start = forms.FloatField(label=_("Counts as waiting so many minutes before"), min_value=0)
    grace = forms.FloatField(label=_("Late after so many minutes"), min_value=0)
    late = forms.ChoiceField(label=_("Who is late"), choices=_LATE)
    to = forms.ChoiceField(label=_("Who comes back goes to"), choices=_BACK)
    back_start = forms.FloatField(label=_("At the end, counts as having waited so many minutes"), min_value=0)
    overtakes = forms.IntegerField(label=_("At most so many later ones go first"), required=False, min_value=0)
    behind = forms.FloatField(label=_("At most so many minutes after the first of them"), required=False, min_value=0)
    wait = forms.FloatField(label=_("At most so many minutes of waiting"), required=False, min_value=0)

    def record(self) -> dict[str, Any]:
        """Return the three parts as plain data."""
        told = self.cleaned_data
        return {
            "appointments": {
                "early_s": _s(told["early"]), "head_start_s": _s(told["head_start"]), "grace_s": _s(told["grace"]),
                "late": told["late"],
            },
            "returning": {"to": told["to"], "head_start_s": _s(told["back_start"])},
            "fairness": {
                "overtakes": told["overtakes"], "behind_s": _s(told["behind"]), "wait_s": _s(told["wait"]),
            },
        }  # fmt: skip


class DisciplineForm:
    """The whole record as forms.

    Parameters
    ----------
    record : what the line has now, in the full form `bridge.written` gives.
    services : code and title of the services in the line.
    data : what was sent, if anything.
    """

    def __init__(
        self, record: Mapping[str, Any], *, services: list[tuple[str, str]], data: QueryDict | None = None
    ) -> None:
        self.services = services
        self.rules = RulesForm(data, initial=_rules(record), prefix="rules")
        count = len(record["classes"])
        if data is not None:
            said = str(data.get("classes", ""))
            count = min(int(said), 40) if said.isdecimal() else 0
        rows = [dict(row) for row in record["classes"]] + [{}] * (count + 1)
        self.classes = [
            ClassForm(data, initial=_row(rows[k]), prefix=f"class{k}", services=services) for k in range(count)
        ]
        if data is not None and self.classes and not str(data.get(f"class{count - 1}-name", "")).strip():
            self.classes.pop()  # the blank one, left blank
            count -= 1
        self.blank = ClassForm(initial={"ageing": 1}, prefix=f"class{count}", services=services)
        self.count = count + 1

    def is_valid(self) -> bool:
        """Tell whether every field holds something of its kind; whether the record makes sense is told elsewhere."""
        return all([self.rules.is_valid(), *(form.is_valid() for form in self.classes)])

    def record(self) -> dict[str, Any]:
        """Return the record of valid forms without the classes to remove."""
        kept = [form.record() for form in self.classes if not form.cleaned_data["remove"]]
        return {"format": 1, "classes": kept, **self.rules.record()}


def _s(minutes: float | None) -> float | None:
    return None if minutes is None else round(minutes * 60, 3)


def _m(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 60:g}"


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    booked = {True: "yes", False: "no", None: ""}[row.get("booked")]
    return {
        **row,
        "priorities": [str(k) for k in row.get("priorities", ())],
        "labels": ", ".join(row.get("labels", ())),
        "booked": booked,
    }


def _rules(record: Mapping[str, Any]) -> dict[str, Any]:
    booked, back, fair = record["appointments"], record["returning"], record["fairness"]
    return {
        "early": _m(booked["early_s"]), "head_start": _m(booked["head_start_s"]), "grace": _m(booked["grace_s"]),
        "late": booked["late"], "to": back["to"], "back_start": _m(back["head_start_s"]),
        "overtakes": fair["overtakes"], "behind": _m(fair["behind_s"]), "wait": _m(fair["wait_s"]),
    }  # fmt: skip
