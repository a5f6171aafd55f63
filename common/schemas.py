"""Types shared by the API schemas of all apps."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

ROW_ID_MAX = 2**63 - 1

# Far beyond the number of rows in any table.
OFFSET_MAX = 2**31 - 1

PAGE_SIZE_MAX = 200

_WHOLE = re.compile(r"-?[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _whole(value: Any) -> Any:
    # Pydantic also reads "1.0", " 1", "+1" and "1_000".
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise PydanticCustomError("int_parsing", "Input should be a whole number in decimal digits")
    return value


def _flag(value: Any) -> Any:
    # Pydantic also reads "1", "yes", "on", "T" and the like. Python's clients send "True".
    if isinstance(value, bool) or value in ("true", "false", "True", "False"):
        return value
    raise PydanticCustomError("bool_parsing", "Input should be true or false")


def _day(value: Any) -> Any:
    # Pydantic also reads Unix seconds, and moments at midnight.
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise PydanticCustomError("date_parsing", "Input should be a date in the form YYYY-MM-DD")
    return value


def _json_whole(value: Any) -> Any:
    # To JSON, 2.0 is a whole number too.
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Parameters of addresses are texts; these are read from one form only, which is also that of JSON.
WHOLE = BeforeValidator(_whole)

Flag = Annotated[bool, BeforeValidator(_flag)]

Day = Annotated[date, BeforeValidator(_day)]

RowId = Annotated[int, Field(ge=1, le=ROW_ID_MAX), WHOLE]

PageLimit = Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX), WHOLE]

PageOffset = Annotated[int, Query(ge=0, le=OFFSET_MAX), WHOLE]

# Fields of bodies, where a text is no number and a number no truth value.
JSON_WHOLE = BeforeValidator(_json_whole)

StrictRowId = Annotated[int, Strict(), Field(ge=1, le=ROW_ID_MAX), JSON_WHOLE]

JsonFloat = Annotated[float, Strict()]

JsonBool = Annotated[bool, Strict()]


class Body(Schema):
    """Request body. Unknown fields are rejected, since they may be misspelled known ones."""

    model_config = ConfigDict(extra="forbid")
