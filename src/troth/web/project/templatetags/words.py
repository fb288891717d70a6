"""Numbers, times and words as people say them, for templates."""

from __future__ import annotations

from django import template

register = template.Library()
