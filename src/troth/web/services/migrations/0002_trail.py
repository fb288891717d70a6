"""Puts the nouns of this app under the audit trail."""

from django.db import migrations

from troth.web.common.audit import audited


class Migration(migrations.Migration):
    """The triggers."""

    dependencies = [("services", "0001_initial"), ("people", "0002_trail")]
    operations = [
        *audited(
            "services_service",
            "services_servicename",
            "services_blueprintstep",
            "services_bringitem",
            "services_offer",
        ),
    ]
