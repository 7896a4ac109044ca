"""The base of what people write into a scenario file: unknown keys are errors with a suggestion."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from perfanalysis.model.stored import Stored

UNKNOWN_KEY = "unknown_key"


class Written(Stored):
    """A part of a scenario file."""

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
        if isinstance(data, dict):
            known = known_keys(cls)
            for key in data:
                if key not in known:
                    raise unknown_key(key, known)
        return data


def known_keys(model: type[Stored]) -> list[str]:
    """Return the keys that a part of a scenario file may have, as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def unknown_key(key: object, known: Iterable[str]) -> PydanticCustomError:
    """Return the error of a key that does not exist, with what may have been meant."""
    keys = sorted(known)
    close = get_close_matches(str(key), keys, n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]!r}?" if close else f"; keys: {', '.join(keys)}"
    # Braces would be taken for placeholders of the message.
    message = f"{key!r} is no key{hint}".replace("{", "(").replace("}", ")")
    return PydanticCustomError(UNKNOWN_KEY, message, {"key": str(key)})
