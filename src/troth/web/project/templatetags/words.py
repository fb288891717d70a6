"""Numbers, times and words as people say them, for templates."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Any

from django import template
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from troth.web.common import words

register = template.Library()


@register.filter
def figure(value: float | None, digits: int = 0) -> str:
    """Write a number with the separators of the language."""
    return words.figure(value, digits=digits)


@register.filter
def share(value: float | None) -> str:
    """Write a share as per cent."""
    return words.share(value)


@register.filter
def duration(value: Any) -> str:
    """Write seconds, or a length of time, as people say it."""
    return words.duration(value.total_seconds() if hasattr(value, "total_seconds") else value)


@register.filter
def clock(value: datetime | None, zone: tzinfo) -> str:
    """Write the time of day in a zone."""
    return words.clock(value, zone=zone)


@register.filter
def day(value: date | datetime | None, zone: tzinfo) -> str:
    """Write a day in words."""
    return words.day(value, zone=zone)


@register.filter
def short_day(value: date | datetime | None, zone: tzinfo) -> str:
    """Write a day in few letters."""
    return words.day(value, zone=zone, short=True)


@register.simple_tag
def when(value: datetime | None, *, now: datetime, zone: tzinfo) -> str:
    """Write an instant: relative under an hour, else the time."""
    return words.when(value, now=now, zone=zone)


@register.simple_tag
def between(low: float | None, high: float | None) -> str:
    """Write a band of waiting, in seconds."""
    return words.between(low, high)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one of the icons; the words beside it say what it means."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("troth/icons.svg"), name,
    )  # fmt: skip


@register.inclusion_tag("troth/field.html")
def field(bound: BoundField, help_text: str = "") -> dict[str, Any]:
    """Draw a field of a form with its label, help and what is wrong with it."""
    told = " ".join(
        word for word in (f"{bound.auto_id}_help" if help_text or bound.help_text else "",
                          f"{bound.auto_id}_problem" if bound.errors else "") if word
    )  # fmt: skip
    marks: dict[str, Any] = {"aria-describedby": told} if told else {}
    if bound.errors:
        marks["aria-invalid"] = "true"
    kind = bound.field.widget
    return {
        "bound": bound,
        "drawn": bound.as_widget(attrs={**kind.attrs, **marks}),
        "help": help_text or bound.help_text,
        "box": getattr(kind, "input_type", "") == "checkbox" and not getattr(kind, "allow_multiple_selected", False),
        "group": getattr(kind, "input_type", "") in {"radio", "checkbox"} and hasattr(kind, "choices"),
    }


@register.filter
def undo_of(message: Any) -> str:
    """Return the address that undoes what a message tells of, if it can be undone (see `common.say`)."""
    tags: str = message.extra_tags or ""
    return tags.removeprefix("undo=") if tags.startswith("undo=") else ""


@register.filter
def iso(value: datetime) -> str:
    """Write an instant for forms, so that reading it gives the same instant."""
    return value.isoformat()


@register.filter
def weekday(value: int) -> str:
    """Write the name of a weekday, 0 for Monday."""
    return str(WEEKDAYS[value])


@register.filter
def own_name(code: str) -> str:
    """Write the name of a language as its speakers call it; the code where nobody knows it."""
    return dict(settings.LANGUAGES).get(code) or str(LANG_INFO.get(code, {}).get("name_local", code))


@register.filter
def own_title(service: Any) -> str:
    """Write the title of a service in the reader's language, else the usual one."""
    return str(service.titled(get_language() or ""))
