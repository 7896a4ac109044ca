"""The base of everything that is written to disk or read from people."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Stored(BaseModel):
    """A stored or human-written object: no unknown keys, no infinities, immutable."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, frozen=True, ser_json_timedelta="float"
    )
