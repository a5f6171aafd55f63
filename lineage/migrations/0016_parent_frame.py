from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lineage", "0015_music_and_speech"),
    ]

    operations = [
        migrations.AddField(
            model_name="lineageedge",
            name="parent_frame",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
