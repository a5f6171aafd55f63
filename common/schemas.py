"""JSON schema parts that every app's API uses."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Schema
from pydantic import ConfigDict, Field

ROW_ID_MAX = 2**63 - 1


# Far beyond any library; a provider is not asked for what cannot be there.
OFFSET_MAX = 2**31 - 1


PAGE_SIZE_MAX = 200


RowId = Annotated[int, Field(ge=1, le=ROW_ID_MAX)]


PageLimit = Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX)]


PageOffset = Annotated[int, Query(ge=0, le=OFFSET_MAX)]


class Body(Schema):
    """What is sent to the API: a field it does not know is refused, since it may be a known one misspelt."""

    model_config = ConfigDict(extra="forbid")
