"""Puts the nouns of this app under the audit trail."""

from django.db import migrations

from troth.web.common.audit import FUNCTION, audited


class Migration(migrations.Migration):
    """The triggers."""

    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION troth_audit()"),
        *audited(
            "people_unit",
            "people_user",
            "people_membership",
            "people_accesskey",
            "people_skill",
            "people_qualification",
            "people_contract",
            "people_leave",
            "people_workcalendar",
            "people_calendarspan",
            "people_calendarday",
        ),
        migrations.RunSQL(
            "ALTER TABLE people_leave ADD CONSTRAINT people_leave_apart "
            "EXCLUDE USING gist (int8range(user_id, user_id, '[]') WITH &&, span WITH &&)",
            "ALTER TABLE people_leave DROP CONSTRAINT people_leave_apart",
        ),
    ]
