"""What the API reads from addresses: each parameter once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.errors import ValidationError
from ninja.parser import Parser


class OnceParser(Parser):
    """Refuses a parameter that is given twice, where ninja would silently take the last one."""

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """Return the parameters by name.

        Raises:
            ValidationError: one is given more than once.
        """
        repeated = [name for name in data if name not in list_fields and len(data.getlist(name)) > 1]
        if repeated:
            message = "This parameter is given more than once"
            raise ValidationError([{"type": "repeated", "loc": ("query", name), "msg": message} for name in repeated])
        found: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        return found
