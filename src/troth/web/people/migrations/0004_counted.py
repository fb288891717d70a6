from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_retention"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE UNLOGGED TABLE people_counted"
            " (key text PRIMARY KEY, value text NOT NULL, ends_at double precision NOT NULL)",
            "DROP TABLE people_counted",
        ),
    ]
