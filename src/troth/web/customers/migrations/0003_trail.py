"""Puts the nouns of this app under the audit trail."""

from django.db import migrations

from troth.web.common.audit import audited


class Migration(migrations.Migration):
    """The triggers."""

    dependencies = [("customers", "0002_initial"), ("people", "0002_trail")]
    operations = [
        *audited("customers_organisation", "customers_customer", "customers_note", "customers_consent"),
    ]
