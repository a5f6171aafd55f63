from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db

_FUNCTIONS = """
SELECT pg_get_functiondef(p.oid) FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'lineage%' ORDER BY p.proname
"""
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'lineage%' ORDER BY indexname"
_TRIGGERS = """
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'lineage%' ORDER BY tgname
"""


def schema() -> list[str]:
    """The functions, indexes and triggers of lineage as they stand in the database."""
    with connection.cursor() as cursor:
        return [text for query in (_FUNCTIONS, _INDEXES, _TRIGGERS) for (text,) in cursor.execute(query).fetchall()]


class TestMigrations:
    def test_can_be_undone_and_applied_again(self) -> None:
        before = schema()

        call_command("migrate", "lineage", "zero", verbosity=0)
        undone = schema()
        call_command("migrate", "lineage", verbosity=0)

        assert undone == []
        assert schema() == before
