"""The form of an appointment: whom it is for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class ContactForm(forms.Form):
    """Who comes, and how to reach them: an address for the letter, or a phone number."""

    name = forms.CharField(label=_("Your name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("E-mail"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("For the confirmation, with an entry for your calendar."),
    )  # fmt: skip
    phone = forms.RegexField(
        r"^[0-9 +()./-]{5,32}$", label=_("Phone"), required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        error_messages={"invalid": _("A phone number has digits only, maybe with +.")},
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Ask for one way to reach somebody."""
        told = super().clean() or {}
        if not self.errors and not (told.get("email") or told.get("phone")):
            self.add_error("email", _("Give an e-mail address or a phone number, so that we can reach you."))
        return told
