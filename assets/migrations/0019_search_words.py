from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models

from assets.search_vector import SearchedText

# Accents of Latin, Greek and Cyrillic letters, points of Hebrew and Arabic ones, and characters without width.
# Marks of other scripts are letters of their own, such as vowels of Thai and voiced kana.
IGNORED = (
    r"\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    r"\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u2060\u20d0-\u20ff"
    r"\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
)
# Spaces, punctuation and symbols, emoji included. Classes such as [:alnum:] depend on the locale of the database.
SEPARATORS = (
    r"\u0001-/:-@[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u02c2-\u02c5\u02d2-\u02df\u037e\u0387"
    r"\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4"
    r"\u0700-\u070d\u0964\u0965\u0970\u0df4\u0e3f\u0e4f\u0e5a\u0e5b\u0f04-\u0f14\u0f3a-\u0f3d\u104a-\u104f\u10fb"
    r"\u1360-\u1368\u166d\u166e\u1680\u16eb-\u16ed\u17d4-\u17d6\u17d8-\u17db\u1800-\u180a\u1cc0-\u1cc7\u2000-\u206f"
    r"\u20a0-\u2bff\u2cf9-\u2cff\u2e00-\u2e7f\u2ff0-\u3004\u3008-\u3020\u3030\u303d-\u303f\u309b\u309c\u30a0\u30fb"
    r"\u4dc0-\u4dff\ua60d-\ua60f\ua830-\ua839\ua8ce\ua8cf\ua9c1-\ua9cd\uaade\uaadf\uabeb\ue000-\uf8ff\ufd3e\ufd3f"
    r"\ufe10-\ufe6f\uff00-\uff0f\uff5b-\uff65\uffe0-\uffff\U0001d000-\U0001d3ff\U0001f000-\U0001faff\U000e0000-\U0010ffff"
)
# Scripts that are written without spaces between words, and Hangul, whose words have endings: Thai and Lao, Tibetan,
# Burmese, Khmer, Tai, Javanese, kana, bopomofo, ideographs, Yi, Hangul.
UNSPACED = (
    r"\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u2e80-\u2fdf\u3005-\u3007"
    r"\u3021-\u3029\u3031-\u303c\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\ua000-\ua4cf\ua960-\ua9df\uaa60-\uaadd\uac00-\ud7fb\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)

# Bodies are bound when a function is created, so that they work under any search_path, as in a restored dump. The column
# rests on what they compute: they are never replaced, only followed by others.
FUNCTIONS = rf"""
CREATE FUNCTION stemma_fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
  CASE WHEN $1 ~ '[^\u0001-\u007f]' THEN
    replace(replace(replace(replace(translate(
      normalize(lower(regexp_replace(normalize($1, NFKD), '[{IGNORED}]+', '', 'g')), NFKC),
      'øłđðħıς', 'olddhiσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
  ELSE lower($1) END;

-- Words with single spaces between them.
CREATE FUNCTION stemma_words(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
  btrim(regexp_replace(stemma_fold($1), '[{SEPARATORS}]+', ' ', 'g'));

-- The pairs of neighboring characters of each word, and its last character.
CREATE FUNCTION stemma_pairs(text) RETURNS SETOF text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT one || other FROM (
    SELECT one, btrim(coalesce(lead(one) OVER (ORDER BY place), '')) AS other, place
    FROM string_to_table($1, NULL) WITH ORDINALITY AS letter (one, place)
  ) AS pair
  WHERE one <> ' ' ORDER BY place;
END;

CREATE FUNCTION stemma_search_vector(text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  WITH folded AS MATERIALIZED (SELECT stemma_words($1) AS words)
  SELECT array_to_tsvector(CASE WHEN words ~ '[{UNSPACED}]' THEN ARRAY(
      SELECT left(word, 200) FROM string_to_table(btrim(regexp_replace(words, '[ {UNSPACED}]+', ' ', 'g')), ' ') AS word
      UNION ALL SELECT * FROM stemma_pairs(regexp_replace(words, '[^{UNSPACED}]+', ' ', 'g'))
    ) ELSE ARRAY(SELECT left(word, 200) FROM string_to_table(words, ' ') AS word) END)
  FROM folded;
END;

-- All words, the last one as the beginning of a word. A text without words is a query that matches nothing.
CREATE FUNCTION stemma_search_query(text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  WITH listed AS (
    SELECT found[1] AS word, place, found[1] ~ '^[{UNSPACED}]' AS is_unspaced, place = count(*) OVER () AS is_last
    FROM regexp_matches(stemma_words($1), '[{UNSPACED}]+|[^ {UNSPACED}]+', 'g') WITH ORDINALITY AS listed (found, place)
  )
  SELECT coalesce(string_agg(
    CASE WHEN is_unspaced AND length(word) > 1
      THEN (SELECT string_agg(quote_literal(pair), ' & ') FROM stemma_pairs(word) AS pair WHERE length(pair) > 1)
      ELSE quote_literal(left(word, 200)) || CASE WHEN is_unspaced OR is_last THEN ':*' ELSE '' END
    END, ' & ' ORDER BY place), '')::tsquery
  FROM listed;
END;
"""
UNDO = """
DROP FUNCTION stemma_search_query;
DROP FUNCTION stemma_search_vector;
DROP FUNCTION stemma_pairs;
DROP FUNCTION stemma_words;
DROP FUNCTION stemma_fold;
"""


class Migration(migrations.Migration):
    dependencies = [("assets", "0018_own_title")]

    operations = [
        migrations.RunSQL(FUNCTIONS, UNDO),
        migrations.RemoveIndex(model_name="asset", name="assets_asset_search"),
        migrations.RemoveField(model_name="asset", name="search_vector"),
        migrations.AddField(
            model_name="asset",
            name="search_vector",
            field=models.GeneratedField(
                expression=SearchedText("own_title", "title", "prompt"),
                output_field=SearchVectorField(),
                db_persist=True,
            ),
        ),
        migrations.AddIndex(model_name="asset", index=GinIndex(fields=["search_vector"], name="assets_asset_search")),
        migrations.RunSQL("ANALYZE assets_asset (search_vector)", migrations.RunSQL.noop),
    ]
