"""How long what is kept here, and what was removed."""

from django.db import migrations, models

from troth.web.common.audit import audited


class Migration(migrations.Migration):
    """The tables and the trigger."""

    dependencies = [("people", "0002_trail")]
    operations = [
        migrations.CreateModel(
            name="KeptFor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("days", models.PositiveIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40)),
                ("at", models.DateTimeField()),
                ("before", models.DateTimeField()),
                ("n", models.PositiveIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["code", "-at"], name="people_removal_of")]},
        ),
        *audited("people_keptfor"),
    ]
