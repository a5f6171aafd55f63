"""Types shared by the API schemas of all apps."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Schema
from pydantic import ConfigDict, Field

ROW_ID_MAX = 2**63 - 1

# Far beyond the number of rows in any table.
OFFSET_MAX = 2**31 - 1

PAGE_SIZE_MAX = 200

RowId = Annotated[int, Field(ge=1, le=ROW_ID_MAX)]

PageLimit = Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX)]

PageOffset = Annotated[int, Query(ge=0, le=OFFSET_MAX)]


class Body(Schema):
    """Request body. Unknown fields are rejected, since they may be misspelled known ones."""

    model_config = ConfigDict(extra="forbid")
