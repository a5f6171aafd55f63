"""The date by which the library is sorted."""

from __future__ import annotations

from django.db.models import DateTimeField, Func


class MadeAt(Func):
    """`stemma_made_at(provider_created_at, created_at)`: the provider's date, else the date of the import.

    A provider's date more than a day after the import is wrong, and would be at the top of the library for years: the
    date of the import is used instead. The provider's own date is kept in its column.

    The migration 0013_made_at uses this class, and a generated column depends on the function's result: a different
    rule needs a new function, class and column.
    """

    function = "stemma_made_at"
    arity = 2
    output_field = DateTimeField()
