"""Words of customers' pages."""

from __future__ import annotations

from django import template

from troth.web.customers import words

register = template.Library()


@register.filter
def happened(activity: str) -> str:
    """Write what an activity is called."""
    return words.happened(activity)


@register.filter
def in_words(word: str) -> str:
    """Write a word of this app."""
    return words.said(word)


@register.filter
def titled(code: str, titles: dict[str, str]) -> str:
    """Write the title of a unit, or its code where none is known."""
    return titles.get(code, code)
