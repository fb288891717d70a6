"""The forms of customers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from troth.core.terms import Role
from troth.web.customers import words
from troth.web.customers.actions import PURPOSES
from troth.web.customers.models import Customer, Organisation
from troth.web.people.models import Unit
from troth.web.people.rights import SERVERS


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who a customer is and what they like."""

    household = forms.CharField(label=_("Company or household"), max_length=160, required=False)

    class Meta:
        model = Customer
        fields = ("name", "phone", "email", "language", "needs", "prefers", "unit")
        labels = {
            "name": _("Name"), "phone": _("Phone"), "email": _("E-mail"), "language": _("Language"),
            "needs": _("Needs"), "prefers": _("Prefers"), "unit": _("Whose customer"),
        }  # fmt: skip
        help_texts = {
            "needs": _("Such as a wheelchair, or large print."),
            "prefers": _("Channel, time of day, person."),
        }
        widgets = {"language": forms.Select(choices=[("", ""), *settings.LANGUAGES])}

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        theirs = Unit.objects.where(actor, *(Role(role) for role in SERVERS)).order_by("path")
        unit = self.fields["unit"]
        shown = [*theirs.values_list("pk", flat=True), self.instance.unit_id or 0]
        unit.queryset = Unit.objects.filter(pk__in=shown).order_by("path")  # type: ignore[attr-defined]
        # Whose customer somebody is decides who sees them: only from the top may it be nobody's in particular.
        unit.required = not theirs.filter(parent=None).exists()
        if unit.required and len(theirs) == 1:
            self.initial["unit"] = self.initial.get("unit") or theirs[0].pk
        self.initial["household"] = str(self.instance.organisation or "")

    def clean(self) -> dict[str, Any]:
        """Refuse a customer by whom nobody could be found again."""
        found = super().clean() or {}
        if not any(found.get(name) for name in ("name", "phone", "email")):
            self.add_error("name", _("Maybe at least a name, a phone number or an e-mail."))
        return found

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Save the customer with the company or household, made when it is new."""
        title = self.cleaned_data["household"].strip()
        known = self.instance.organisation
        if not title:
            self.instance.organisation = None
        elif known is None or known.title != title:
            self.instance.organisation = Organisation.objects.filter(
                title=title, customers__unit__in=self.fields["unit"].queryset  # type: ignore[attr-defined]
            ).first() or Organisation.objects.create(title=title)  # fmt: skip
        return super().save(commit)


class NoteForm(forms.Form):
    """Something to remember about a customer."""

    text = forms.CharField(label=_("Note"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class ConsentForm(forms.Form):
    """Something a customer agrees to."""

    purpose = forms.ChoiceField(label=_("Agrees to"), choices=lambda: [(one, words.said(one)) for one in PURPOSES])
    how = forms.CharField(
        label=_("How"), max_length=80, required=False, help_text=_("Such as signed at the counter.")
    )  # fmt: skip
