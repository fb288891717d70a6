import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flow", "0007_who_booked"),
    ]

    operations = [
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=16)),
                ("host", models.CharField(help_text="Scheme and host of its links.", max_length=255)),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="To be sent from then on; later after each failure.")),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="letters", to="flow.appointment"
                    ),
                ),
            ],
        ),
    ]
