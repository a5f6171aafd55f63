"""What a test committed is gone before the next one."""

from __future__ import annotations

from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from assets.models import Asset
from lineage.models import LineageEdge
from tests.factories import chain


class TestFlush:
    def test_deletes_every_row_and_keeps_what_migrations_made(self, transactional_db: None, alice: User) -> None:
        chain(alice, 3)
        made = [list(model.objects.order_by("pk").values()) for model in (ContentType, Permission)]

        call_command("flush", interactive=False, verbosity=0, reset_sequences=False)

        names = connection.introspection.django_table_names(only_existing=True)
        kept = {"django_content_type", "auth_permission"}
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names))
            assert {name for (name,) in cursor.fetchall()} == kept
        assert made == [list(model.objects.order_by("pk").values()) for model in (ContentType, Permission)]

    def test_leaves_constraints_and_triggers_at_work(self, transactional_db: None, alice: User) -> None:
        call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
        alice.save(force_insert=True)

        older, newer = chain(alice, 2)

        assert Asset.objects.get(pk=older.pk).child_count == 1
        assert LineageEdge.objects.get().child == newer
