from __future__ import annotations

from django.db import migrations, models
from django.db.models import F

from assets.name_key import NameKey

# decode() with doubled backslashes is how text becomes bytes in an expression that an index may hold. A kind and a
# provider hold no space, so no two names read the same here. The index rests on what this computes: it is never
# replaced, only followed by another function with another index.
FUNCTION = r"""
CREATE FUNCTION stemma_name_key(provider_id text, kind text, value text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  decode(replace(left(split_part(value, '/', -1), 4), '\', '\\'), 'escape')
  || substr(sha256(decode(replace(provider_id || ' ' || kind || ' ' || value, '\', '\\'), 'escape')), 1, 15)
"""


class Migration(migrations.Migration):
    dependencies = [("assets", "0009_plain_payloads")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION stemma_name_key"),
        migrations.RemoveConstraint(model_name="reference", name="assets_reference_unique_name"),
        migrations.AddConstraint(
            model_name="reference",
            constraint=models.UniqueConstraint(
                F("owner"), NameKey("provider_id", "kind", "value"), name="assets_reference_unique_name"
            ),
        ),
    ]
