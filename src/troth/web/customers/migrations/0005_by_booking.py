"""Who told us of themselves when they booked, and whether a letter reached them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns."""

    dependencies = [("customers", "0004_keys")]
    operations = [
        migrations.AddField(
            model_name="customer",
            name="by_booking",
            field=models.BooleanField(
                default=False, help_text="Told us of themselves when they booked; nobody here has looked who it is."
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="email_verified_at",
            field=models.DateTimeField(blank=True, help_text="When a letter to it was first opened.", null=True),
        ),
    ]
