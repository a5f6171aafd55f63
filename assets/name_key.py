"""The key by which the database finds a name, and keeps it from being two assets'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import BinaryField, BooleanField, Func
from django.db.models.expressions import RawSQL


class NameKey(Func):
    """`stemma_name_key(provider_id, kind, value)`: 19 bytes or so that stand for one name at one provider.

    They are the first four characters of a file's name or of an id, and 15 bytes of a SHA-256 of the whole. So the
    index is less than half as large as one of names that begin alike; and names of one file, and ids given one after
    the other, lie together in it, so that a page of items touches few of its pages. See docs/decisions/0019.

    The migration 0010_name_keys uses this class, and the index rests on what the function computes: another key is
    another function, another class and another index.
    """

    function = "stemma_name_key"
    arity = 3
    output_field = BinaryField()


class IsKeyed(Func):
    """Whether a reference's key is one of those that a query yields.

    What an array holds is looked up one by one, whatever the planner believes of the table.
    """

    template = "(%(expressions)s)"
    arg_joiner = " = "
    output_field = BooleanField()

    def __init__(self, keys: str, parameters: Sequence[Any]) -> None:
        """Take the query of keys as SQL, with its parameters."""
        wanted = RawSQL(keys, parameters, BinaryField())  # noqa: S611 - what comes from outside is a parameter
        super().__init__(NameKey("provider_id", "kind", "value"), Func(wanted, template="ANY(ARRAY%(expressions)s)"))
