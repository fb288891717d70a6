"""Puts the nouns of this app under the audit trail."""

from django.db import migrations

from troth.web.common.audit import audited


class Migration(migrations.Migration):
    """The triggers."""

    dependencies = [("flow", "0002_initial"), ("people", "0002_trail")]
    operations = [
        *audited(
            "flow_branch",
            "flow_line",
            "flow_lineservice",
            "flow_counter",
            "flow_slotrule",
        ),
    ]
