"""A big library made by the database itself: assets, edges, hubs and one long chain, in a minute or two."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection, transaction

CHAIN = 10_000
"""The last so many assets, a tenth of a small library, are one chain, each made from the one before."""

EMPTY = "TRUNCATE assets_asset RESTART IDENTITY CASCADE"

# What keeps rows right one by one is switched off while the whole is made right by construction, and put back after.
BEFORE = """
ALTER TABLE assets_asset DISABLE TRIGGER USER;
ALTER TABLE lineage_lineageedge DISABLE TRIGGER USER;
ALTER TABLE lineage_lineageedge DROP CONSTRAINT lineage_edge_child, DROP CONSTRAINT lineage_edge_parent;
DROP INDEX assets_asset_search, lineage_edge_uses;
SELECT setseed(0.5);
"""

# Every twentieth asset is alone; the others have three parents or so: 85 % among the few hundred assets before them,
# 15 % among a hundred hubs by Zipf's law.
EDGES = """
INSERT INTO lineage_lineageedge (owner_id, child_id, parent_id, relation_type, operation_type, sequence_order,
  evidence, transformation, created_at)
SELECT %(owner)s, child, parent, 'SOURCE_IMAGE', 'fusion', row_number() OVER (PARTITION BY child) - 1, 'provider',
  jsonb_build_object('fusion_name', 'subject ' || parent, 'image_index', parent %% 7), now()
FROM (
  SELECT DISTINCT child, CASE WHEN hub < child THEN hub ELSE greatest(1, child - near) END AS parent FROM (
    SELECT i AS child, 1 + (random() * 299)::int AS near,
      CASE WHEN random() < 0.15 THEN floor(exp(random() * ln(101))) * %(assets)s / 10000 ELSE i END::bigint AS hub
    FROM generate_series(2, %(assets)s - %(chain)s) AS i, generate_series(1, 3 + (i %% 3 = 0)::int)
  ) AS drawn
) AS pairs WHERE child %% 20 <> 7 AND parent %% 20 <> 7
"""

CHAIN_EDGES = """
INSERT INTO lineage_lineageedge (owner_id, child_id, parent_id, relation_type, operation_type, sequence_order,
  evidence, transformation, created_at)
SELECT %(owner)s, i, i - 1, 'SOURCE_VIDEO', 'video_extend', 0, 'provider', '{}', now()
FROM generate_series(%(assets)s - %(chain)s + 1, %(assets)s) AS i
"""

# Payloads of about a kilobyte, prompts of a few words, every fourth an image, one in fifty a stub. Edges are there
# already, so that their counts are written with the assets.
ASSETS = """
INSERT INTO assets_asset (id, owner_id, provider_id, provider_asset_id, media_type, status, origin, is_stub,
  operation_type, title, prompt, model_name, remote_url, thumbnail_url, last_frame_url, duration_seconds,
  provider_created_at, created_at, updated_at, media_metadata, parent_count, child_count)
WITH counted AS (
  SELECT id, sum(parents) AS parents, sum(children) AS children FROM (
    SELECT child_id AS id, count(*) AS parents, 0 AS children FROM lineage_lineageedge GROUP BY child_id
    UNION ALL
    SELECT parent_id, 0, count(*) FROM lineage_lineageedge GROUP BY parent_id
  ) AS ends GROUP BY id
)
SELECT i, %(owner)s, 'pixverse', (400000000000000 + i)::text, CASE WHEN i %% 4 = 0 THEN 'image' ELSE 'video' END,
  'completed', 'generated', i %% 50 = 0, CASE WHEN i %% 4 = 0 THEN 'text_to_image' ELSE 'video_extend' END, '',
  'paper boats on the ' || (ARRAY['river', 'sea', 'lake', 'moon', 'roof'])[1 + i %% 5] || ', take ' || i, 'v5',
  'https://media.pixverse.ai/pixverse/mp4/media/web/ori/' || md5(i::text) || '_seed' || i || '.mp4',
  'https://media.pixverse.ai/pixverse/jpg/media/web/' || md5(i::text) || '.jpg', '', 5,
  now() - interval '10 years' + i * interval '30 seconds', now(), now(),
  jsonb_build_object('video_id', 400000000000000 + i, 'prompt', 'paper boats, take ' || i,
    'rest', repeat(md5(i::text), 28)), coalesce(parents, 0), coalesce(children, 0)
FROM generate_series(1, %(assets)s) AS i LEFT JOIN counted ON counted.id = i
"""

AFTER = """
ALTER TABLE lineage_lineageedge
  ADD CONSTRAINT lineage_edge_child FOREIGN KEY (child_id) REFERENCES assets_asset (id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT lineage_edge_parent FOREIGN KEY (parent_id) REFERENCES assets_asset (id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX lineage_edge_uses ON lineage_lineageedge (parent_id, sequence_order, child_id);
CREATE INDEX assets_asset_search ON assets_asset USING gin (search_vector);
ALTER TABLE lineage_lineageedge ENABLE TRIGGER USER;
ALTER TABLE assets_asset ENABLE TRIGGER USER;
SELECT setval(pg_get_serial_sequence('assets_asset', 'id'), %(assets)s);
"""


def load(owner: User, assets: int) -> None:
    """Put this many assets, and three edges for each, in place of whatever the library holds."""
    numbers = {"owner": owner.pk, "assets": assets, "chain": min(CHAIN, assets // 10)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute(BEFORE)
        for statement in (EDGES, CHAIN_EDGES, ASSETS):
            cursor.execute(statement, numbers)
        # Checks that wait for the end of the transaction would keep the tables from being altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(AFTER, numbers)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
