"""Appointments booked by link belong to customers, so that erasure and retention find them."""

from typing import Any

from django.db import migrations


def _give_customers(apps: Any, _schema: Any) -> None:
    appointment, customer = apps.get_model("flow", "Appointment"), apps.get_model("customers", "Customer")
    consent = apps.get_model("customers", "Consent")
    nobodys = appointment.objects.filter(customer=None).exclude(name="", email="", phone="")
    for row in nobodys.select_related("branch").iterator():
        row.customer = customer.objects.create(
            name=row.name, email=row.email, phone=row.phone, language=row.language, unit_id=row.branch.unit_id,
            created_at=row.booked_at, by_booking=True,
        )  # fmt: skip
        consent.objects.create(customer=row.customer, purpose="appointments", given_at=row.booked_at, how="booking")
        row.save(update_fields=["customer"])


class Migration(migrations.Migration):
    """The rows."""

    dependencies = [("flow", "0006_what_waits_teach"), ("customers", "0005_by_booking")]
    operations = [migrations.RunPython(_give_customers, migrations.RunPython.noop)]
