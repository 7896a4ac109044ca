"""The steps of a scenario, as they are written into its file.

A step is told by the key that it starts with: `get`, `think`, `if` and so on.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from perfanalysis.generator.scenario.quantities import Duration, Think
from perfanalysis.generator.scenario.written import Written, known_keys, unknown_key


def _no_template(name: str) -> str:
    if "${" in name or "{{" in name:
        raise PydanticCustomError(
            "name", "expected a name without variables: each value would get a name of its own"
        )
    return name


Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_no_template)]


def _statuses(value: Any) -> tuple[str, ...]:  # noqa: ANN401  (whatever the file holds)
    given = value if isinstance(value, list | tuple) else [value]
    for status in given:
        known = isinstance(status, int | str) and not isinstance(status, bool)
        if not known or not _STATUS.match(str(status)):
            raise PydanticCustomError(
                "status", "expected a status such as 200, 4xx, or a list of them"
            )
    return tuple(str(status) for status in given)


_STATUS = re.compile(r"[1-5](?:\d\d|xx)\Z", re.ASCII)
_ONE_STATUS = {
    "anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"type": "string", "pattern": r"^[1-5](?:\d\d|xx)$"},
    ]
}
Statuses: TypeAlias = Annotated[
    tuple[str, ...],
    BeforeValidator(_statuses),
    WithJsonSchema(
        {"anyOf": [*_ONE_STATUS["anyOf"], {"type": "array", "items": _ONE_STATUS, "minItems": 1}]}
    ),
    Field(min_length=1),
]
VariableName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
Scalar: TypeAlias = str | int | float | bool
Headers: TypeAlias = dict[str, str]
Labels: TypeAlias = dict[str, str]

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


class Timeouts(Written):
    """How long a request may take: to connect, until the first byte, and in all."""

    connect: Duration = Field(default=10.0, gt=0)
    first_byte: Duration = Field(default=60.0, gt=0)
    total: Duration = Field(default=60.0, gt=0)


class Capture(Written):
    """Where a variable's value comes from: a JSONPath, a header, or a regular expression."""

    json_path: str | None = Field(default=None, alias="json")
    header: str | None = None
    regex: str | None = None
    which: Literal["first", "last", "random", "all"] = "first"
    default: JsonValue = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        _exactly_one(self, ("json", "header", "regex"))
        return self

    @property
    def has_default(self) -> bool:
        """Whether a value is stated for where nothing is found."""
        return "default" in self.model_fields_set


def _as_capture(value: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
    return {"json": value} if isinstance(value, str) else value


CaptureOrPath: TypeAlias = Annotated[
    Capture, BeforeValidator(_as_capture, json_schema_input_type=str | Capture)
]


class Check(Written):
    """What an answer must be.

    `status` and `latency_below` stand alone; `contains`, `matches`, `equals` and `exists` speak of
    the value at `json`, of `header`, or of the body.
    """

    name: Name | None = None
    status: Statuses | None = None
    latency_below: Duration | None = Field(default=None, gt=0)
    json_path: str | None = Field(default=None, alias="json")
    header: str | None = None
    equals: JsonValue = None
    contains: str | None = None
    matches: str | None = None
    exists: bool | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        given = {known for known in known_keys(type(self)) if _is_given(self, known)} - {"name"}
        if given in ({"status"}, {"latency_below"}):
            return self
        subjects, asked = given & {"json", "header"}, given - {"json", "header"}
        asks = {"equals", "contains", "matches", "exists"}
        if len(subjects) > 1 or len(asked) > 1 or not asked <= asks or not given:
            raise PydanticCustomError(
                "check",
                "expected one question: status, latency_below, or one of contains, matches, "
                "equals, exists about the body, json or header",
            )
        if not subjects and asked & {"exists", "equals"}:
            raise PydanticCustomError("check", "expected 'json' or 'header' beside it")
        return self

    @property
    def asks_equality(self) -> bool:
        """Whether a value is stated that must be equal; it may be null."""
        return "equals" in self.model_fields_set


class RequestStep(Written):
    """One HTTP request: the method is the key, the path its value."""

    get: str | None = None
    post: str | None = None
    put: str | None = None
    patch: str | None = None
    delete: str | None = None
    head: str | None = None
    options: str | None = None
    name: Name | None = None
    query: dict[str, Scalar] = Field(default_factory=dict)
    headers: Headers = Field(default_factory=dict)
    json_body: JsonValue = Field(default=None, alias="json")
    form: dict[str, Scalar] | None = None
    body: str | None = None
    timeouts: Timeouts | None = None
    tags: Labels = Field(default_factory=dict)
    capture: dict[VariableName, CaptureOrPath] = Field(default_factory=dict)
    check: tuple[Check, ...] = ()
    required: bool = False

    @model_validator(mode="after")
    def _one_method_one_body(self) -> Self:
        _exactly_one(self, METHODS)
        bodies = [key for key in ("json", "form", "body") if _is_given(self, key)]
        if len(bodies) > 1:
            raise PydanticCustomError(
                "body", "expected one body, found {found}", {"found": " and ".join(bodies)}
            )
        return self

    @property
    def method(self) -> str:
        """The method, in capitals."""
        return next(name for name in METHODS if getattr(self, name) is not None).upper()

    @property
    def path(self) -> str:
        """The path or URL, a template."""
        return str(getattr(self, self.method.lower()))

    @property
    def has_json(self) -> bool:
        """Whether a JSON body is stated; it may be null."""
        return "json_body" in self.model_fields_set


class ThinkStep(Written):
    """A pause, as a person would make it."""

    think: Think


class SetStep(Written):
    """Sets variables."""

    set: dict[VariableName, JsonValue]


class RepeatStep(Written):
    """Does steps several times; `index` counts from 0."""

    repeat: Annotated[int, Field(ge=0, le=100_000)] | str
    index: VariableName | None = None
    steps: tuple[Step, ...]


class ForEachStep(Written):
    """Does steps for every entry of a list."""

    for_each: VariableName
    in_: str | list[JsonValue] = Field(alias="in")
    steps: tuple[Step, ...]


class IfStep(Written):
    """Does steps where a condition holds."""

    if_: str | bool = Field(alias="if")
    then: tuple[Step, ...]
    else_: tuple[Step, ...] = Field(default=(), alias="else")


class GroupStep(Written):
    """Times steps together, think times included: a transaction of its own in the results."""

    group: Name
    steps: tuple[Step, ...]


class WebSocketStep(Written):
    """Opens a WebSocket, does steps, and closes it behind the last of them."""

    websocket: str
    name: Name | None = None
    headers: Headers = Field(default_factory=dict)
    subprotocols: tuple[str, ...] = ()
    timeout: Duration = Field(default=10.0, gt=0)
    steps: tuple[Step, ...] = ()


class SendStep(Written):
    """Sends a message: a text, or anything else as JSON."""

    send: JsonValue
    name: Name | None = None


class Expected(Written):
    """Which message to wait for; the messages before it are passed over."""

    json_path: str | None = Field(default=None, alias="json")
    equals: JsonValue = None
    contains: str | None = None
    matches: str | None = None

    @property
    def asks_equality(self) -> bool:
        """Whether a value is stated that must be equal; it may be null."""
        return "equals" in self.model_fields_set

    @model_validator(mode="after")
    def _json_for_equals(self) -> Self:
        if self.asks_equality and self.json_path is None:
            raise PydanticCustomError("expect", "expected 'json' beside 'equals'")
        return self


class ExpectStep(Written):
    """Waits for a message."""

    expect: Expected
    timeout: Duration = Field(default=10.0, gt=0)
    name: Name | None = None
    capture: dict[VariableName, CaptureOrPath] = Field(default_factory=dict)


class CloseStep(Written):
    """Closes the WebSocket before the end of its steps."""

    close: Annotated[int, Field(ge=1000, le=4999)]


_STEPS: dict[str, type[Written]] = {
    "request": RequestStep,
    "think": ThinkStep,
    "set": SetStep,
    "repeat": RepeatStep,
    "for_each": ForEachStep,
    "if": IfStep,
    "group": GroupStep,
    "websocket": WebSocketStep,
    "send": SendStep,
    "expect": ExpectStep,
    "close": CloseStep,
}
# Tags stand in the place of an error: they must not look like keys of a file.
_TAGS = {model: f"{key} step" for key, model in _STEPS.items()}
LEADING_KEYS = (*METHODS, *(key for key in _STEPS if key != "request"))


def _kind(value: Any) -> str | None:  # noqa: ANN401  (whatever the file holds)
    if isinstance(value, Written):
        return _TAGS.get(type(value))
    if not isinstance(value, dict):
        return None
    for key in value:
        if key in METHODS:
            return _TAGS[RequestStep]
        if key in _STEPS and key != "request":
            return _TAGS[_STEPS[key]]
    return None


def _told_apart(value: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
    if _kind(value) is None:
        if isinstance(value, dict) and value:
            raise unknown_key(next(iter(value)), LEADING_KEYS)
        raise PydanticCustomError(
            "step", "expected a step, such as 'get: /path', found {found}", {"found": repr(value)}
        )
    return value


def _is_given(model: Written, key: str) -> bool:
    fields = type(model).model_fields
    name = next(name for name, field in fields.items() if (field.alias or name) == key)
    return name in model.model_fields_set and (
        getattr(model, name) is not None or key in {"json", "equals"}
    )


def _exactly_one(model: Written, keys: tuple[str, ...]) -> None:
    given = [key for key in keys if _is_given(model, key)]
    if len(given) != 1:
        raise PydanticCustomError(
            "one_of",
            "expected one of {keys}, found {found}",
            {"keys": ", ".join(keys), "found": " and ".join(given) or "none"},
        )


Step = Annotated[
    Annotated[RequestStep, Tag(_TAGS[RequestStep])]
    | Annotated[ThinkStep, Tag(_TAGS[ThinkStep])]
    | Annotated[SetStep, Tag(_TAGS[SetStep])]
    | Annotated[RepeatStep, Tag(_TAGS[RepeatStep])]
    | Annotated[ForEachStep, Tag(_TAGS[ForEachStep])]
    | Annotated[IfStep, Tag(_TAGS[IfStep])]
    | Annotated[GroupStep, Tag(_TAGS[GroupStep])]
    | Annotated[WebSocketStep, Tag(_TAGS[WebSocketStep])]
    | Annotated[SendStep, Tag(_TAGS[SendStep])]
    | Annotated[ExpectStep, Tag(_TAGS[ExpectStep])]
    | Annotated[CloseStep, Tag(_TAGS[CloseStep])],
    Discriminator(_kind),
    BeforeValidator(_told_apart),
]
for _model in (RepeatStep, ForEachStep, IfStep, GroupStep, WebSocketStep):
    _model.model_rebuild()
