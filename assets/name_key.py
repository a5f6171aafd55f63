"""The index key of a name: the database finds names by it and keeps them unique."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import BinaryField, BooleanField, Func
from django.db.models.expressions import RawSQL


class NameKey(Func):
    """`stemma_name_key(provider_id, kind, value)`: about 19 bytes that identify one name at one provider.

    They are the first four characters of a file's name or of an id, and 15 bytes of a SHA-256 of the whole. The
    index is less than half as large as one of names with common prefixes. Names of one file, and consecutive ids, are
    neighbors in it, so that a page of items touches few index pages. See docs/decisions/0019.

    The migration 0010_name_keys uses this class, and the index depends on the function's result: a different key
    needs a new function, class and index.
    """

    function = "stemma_name_key"
    arity = 3
    output_field = BinaryField()


class IsKeyed(Func):
    """Condition that a reference's key is one of those that a query returns.

    Keys of an array are looked up one by one in the index, regardless of table statistics.
    """

    template = "(%(expressions)s)"
    arg_joiner = " = "
    output_field = BooleanField()

    def __init__(self, keys: str, parameters: Sequence[Any]) -> None:
        """Set the query of keys as SQL, with its parameters."""
        wanted = RawSQL(keys, parameters, BinaryField())  # noqa: S611 - outside values are parameters
        super().__init__(NameKey("provider_id", "kind", "value"), Func(wanted, template="ANY(ARRAY%(expressions)s)"))
