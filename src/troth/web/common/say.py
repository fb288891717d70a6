"""Telling somebody what was done, with the way back where there is one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest


def say(request: HttpRequest, text: str, *, undo: str = "", wrong: bool = False) -> None:
    """Show a message on the next page.

    Parameters
    ----------
    request : whose next page it is.
    text : a sentence in the reader's language.
    undo : the address that takes it back when posted to; the message then has a button for it.
    wrong : True for what could not be done.
    """
    level = messages.ERROR if wrong else messages.SUCCESS
    messages.add_message(request, level, text, extra_tags=f"undo={undo}" if undo else "")
