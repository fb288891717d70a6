"""The forms of the catalogue. Times are written in minutes and kept in seconds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from troth.web.services.models import BlueprintStep, BringItem, Service, ServiceName


class MinutesField(forms.DecimalField):
    """Minutes, kept as whole seconds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=Decimal(0), max_value=Decimal(1440), max_digits=6, decimal_places=2, **options)

    def prepare_value(self, value: Any) -> Any:
        """Show kept seconds as minutes; what was typed is shown as it was."""
        return f"{Decimal(value) / 60:.2f}".rstrip("0").rstrip(".") if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Return seconds."""
        found = super().clean(value)
        return None if found is None else round(found * 60)


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A service of the catalogue."""

    standard_s = MinutesField(label=_("Usual time with the customer, minutes"))

    class Meta:
        model = Service
        fields = ("title", "code", "about", "standard_s", "priority", "skills", "calendar")
        labels = {
            "title": _("Name"), "code": _("Code"), "about": _("What it is"), "priority": _("Priority"),
            "skills": _("Skills it needs"), "calendar": _("Hours"),
        }  # fmt: skip
        help_texts = {
            "code": _("In figures and files; it cannot be changed later."),
            "priority": _("1 is served first, 5 last, other things equal."),
        }
        widgets = {
            "about": forms.Textarea(attrs={"rows": 3}), "skills": forms.CheckboxSelectMultiple(),
            "priority": forms.NumberInput(attrs={"min": 1, "max": 5}),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True
        # Two branches may each have a skill of one title.
        skills: Any = self.fields["skills"]
        known = [skill.title for skill in skills.queryset]
        skills.label_from_instance = lambda skill: (
            f"{skill.title} ({skill.code})" if known.count(skill.title) > 1 else skill.title
        )

    def clean_priority(self) -> int:
        """Refuse a priority that is none."""
        found: int = self.cleaned_data["priority"]
        if not 1 <= found <= 5:
            raise forms.ValidationError(_("Maybe a number from 1 to 5."))
        return found


class StepForm(forms.ModelForm):  # type: ignore[type-arg]
    """A step of the blueprint."""

    order = forms.DecimalField(label=_("Place"), required=False)
    front = forms.TypedChoiceField(
        label=_("Where"), coerce=lambda value: value == "front",
        choices=[("front", _("with the customer")), ("back", _("behind"))],
    )  # fmt: skip
    standard_s = MinutesField(label=_("Minutes"), required=False)

    class Meta:
        model = BlueprintStep
        fields = ("title", "front", "standard_s", "next_service")
        labels = {"title": _("Step"), "next_service": _("Then waits for")}
        help_texts = {"next_service": ""}  # the label says it; once a row would be too often

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["front"] = "front" if self.instance.front else "back"
        self.initial["order"] = self.instance.position

    def clean_standard_s(self) -> int:
        """Take no time as none."""
        return self.cleaned_data["standard_s"] or 0

    def place(self, last: int) -> Decimal:
        """Return where the step goes; without a place to the end."""
        found: Decimal | None = self.cleaned_data.get("order")
        return Decimal(last) if found is None else found


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name of a service in a language."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = ServiceName
        fields = ("language", "title", "about")
        labels = {"title": _("Name"), "about": _("What it is")}
        widgets = {"about": forms.Textarea(attrs={"rows": 2})}


class BringForm(forms.ModelForm):  # type: ignore[type-arg]
    """Something to bring."""

    class Meta:
        model = BringItem
        fields = ("title", "needed")
        labels = {"title": _("What"), "needed": _("Without it, no service")}


StepSet = forms.inlineformset_factory(
    Service, BlueprintStep, form=StepForm, fk_name="service", extra=3, can_delete=True, max_num=40
)
NameSet = forms.inlineformset_factory(Service, ServiceName, form=NameForm, extra=2, can_delete=True, max_num=12)
BringSet = forms.inlineformset_factory(Service, BringItem, form=BringForm, extra=2, can_delete=True, max_num=20)
