"""What pages ask about rights: may the reader open a page, may they change something by it."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from django import template

from troth.web.common.words import clock, day_of_year
from troth.web.people import rights, words

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], name: str) -> bool:
    """Tell whether the reader may open a page."""
    return rights.may(context["request"].user, name)


@register.simple_tag(takes_context=True)
def may_post(context: dict[str, Any], name: str, **about: Any) -> bool:
    """Tell whether the reader may change something by a page, about what stands in its address if that is given."""
    return rights.may(context["request"].user, name, method="POST", about=about or None)


@register.simple_tag
def said(word: object) -> str:
    """Write a word of a closed list as people say it."""
    return words.said(word)


@register.filter
def moment(at: datetime, zone: tzinfo) -> str:
    """Write a day of any year with its time, where it was."""
    return f"{day_of_year(at, zone=zone)} {clock(at, zone=zone)}"
