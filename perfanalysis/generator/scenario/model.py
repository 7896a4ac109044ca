"""A load test as people write it: a scenario file, and the same objects in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, JsonValue, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from perfanalysis.generator.scenario.quantities import Duration, Rate, Think
from perfanalysis.generator.scenario.steps import (
    Headers,
    Name,
    Scalar,
    Step,
    Timeouts,
    VariableName,
)
from perfanalysis.generator.scenario.written import Written

ShapeName: TypeAlias = Literal["smoke", "load", "stress", "spike", "soak", "breakpoint"]


class Defaults(Written):
    """What holds for every request, unless it says otherwise itself."""

    headers: Headers = Field(default_factory=dict)
    timeouts: Timeouts = Timeouts()
    think: Think | None = None
    max_redirects: Annotated[int, Field(ge=0, le=50)] = 10
    insecure: bool = False
    ca_file: str | None = None


class Data(Written):
    """A CSV file whose rows become variables: `users.csv` as `user` gives `user.email`."""

    file: str
    as_: VariableName = Field(alias="as")
    order: Literal["sequential", "random", "unique"] = "sequential"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","


class Stage(Written):
    """A straight line of the load: where it leads, and how long that takes.

    `from` jumps to a value first. Targets are users, or arrivals a second in an open load.
    """

    duration: Duration = Field(ge=0)
    target: Annotated[float, Field(ge=0)]
    from_: Annotated[float, Field(ge=0)] | None = Field(default=None, alias="from")
    name: Name | None = None


class Load(Written):
    """How much load, and when.

    A ready `shape`; or `vus` or a `rate` for a `duration`; or `stages`. With a shape, `vus` or
    `rate` states its peak and `duration` its length.
    """

    shape: ShapeName | None = None
    vus: Annotated[int, Field(ge=1)] | None = None
    rate: Rate | None = Field(default=None, gt=0)
    duration: Duration | None = Field(default=None, gt=0)
    stages: tuple[Stage, ...] = ()
    model: Literal["closed", "open"] | None = None
    arrival: Literal["constant", "poisson"] = "constant"
    max_vus: Annotated[int, Field(ge=1)] | None = None
    graceful_stop: Duration = 30.0

    @model_validator(mode="after")
    def _one_description(self) -> Self:
        if self.vus is not None and self.rate is not None:
            raise _load_error("expected vus (closed) or rate (open), found both")
        if self.shape is not None:
            if self.stages:
                raise _load_error("expected a shape or stages, found both")
        elif self.stages:
            if self.vus is not None or self.rate is not None or self.duration is not None:
                raise _load_error("expected stages alone: their targets say how many users")
        elif (self.vus is None and self.rate is None) or self.duration is None:
            raise _load_error("expected a shape, or vus or rate with a duration, or stages")
        return self._with_consistent_model()

    def _with_consistent_model(self) -> Self:
        given = self.model_fields_set
        if self.model == "open" and self.shape is not None and self.rate is None:
            raise _load_error("expected a rate: it states the peak of an open load's shape")
        if self.model == "closed" and self.rate is not None:
            raise _load_error("expected vus in a closed load, found a rate")
        if self.model == "open" and self.vus is not None:
            raise _load_error("expected a rate in an open load, found vus")
        if not self.is_open and given & {"arrival", "max_vus"}:
            raise _load_error("arrival and max_vus belong to an open load: state a rate or model")
        return self

    @property
    def is_open(self) -> bool:
        """Whether it states arrivals a second rather than users."""
        return self.model == "open" or self.rate is not None


class Threshold(Written):
    """A demand in k6's words, which may end the test early."""

    threshold: str
    abort_on_fail: bool = Field(default=False, alias="abortOnFail")
    delay_abort_eval: Duration = Field(default=0.0, ge=0, alias="delayAbortEval")


class Limits(Written):
    """What a load may not exceed: a slip of a key must not become an attack."""

    vus: Annotated[int, Field(ge=1)] = 2000
    rate: Rate = Field(default=2000.0, gt=0)
    duration: Duration = Field(default=14_400.0, gt=0)


class Hooks(Written):
    """Steps that run once for the test, or once for every virtual user."""

    test: tuple[Step, ...] = ()
    user: tuple[Step, ...] = ()


class Scenario(Written):
    """What some of the iterations do: steps, or a Python function.

    `function` is a coroutine function of a session; in a file it reads `journey.py:browse`.
    """

    name: Name
    weight: Annotated[float, Field(gt=0)] = 1.0
    steps: tuple[Step, ...] = ()
    function: str | SkipJsonSchema[Callable[..., Any]] | None = None

    @model_validator(mode="after")
    def _steps_or_function(self) -> Self:
        if bool(self.steps) == (self.function is not None):
            found = "both" if self.steps else "neither"
            raise PydanticCustomError(
                "scenario", "expected steps or a function, found {found}", {"found": found}
            )
        return self


def _load_error(message: str) -> PydanticCustomError:
    return PydanticCustomError("load", message)


def _as_load(value: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
    return {"shape": value} if isinstance(value, str) else value


def _as_threshold(value: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
    return {"threshold": value} if isinstance(value, str) else value


def _as_list(value: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
    return [value] if isinstance(value, str | dict | Threshold) else value


LoadOrShape: TypeAlias = Annotated[
    Load, BeforeValidator(_as_load, json_schema_input_type=ShapeName | Load)
]
ThresholdOrText: TypeAlias = Annotated[
    Threshold, BeforeValidator(_as_threshold, json_schema_input_type=str | Threshold)
]
Thresholds: TypeAlias = Annotated[
    tuple[ThresholdOrText, ...],
    BeforeValidator(_as_list, json_schema_input_type=ThresholdOrText | tuple[ThresholdOrText, ...]),
]


class LoadTest(Written):
    """A load test: what is asked of which target, how often, and what must hold.

    >>> from perfanalysis.generator.scenario.steps import RequestStep
    >>> test = LoadTest(
    ...     target="http://127.0.0.1:8000",
    ...     scenarios=(Scenario(name="browse", steps=(RequestStep(get="/api/products"),)),),
    ...     load=Load(vus=10, duration="30 s"),
    ... )
    >>> test.load.duration
    30.0
    """

    name: Name | None = None
    extends: str | None = None
    target: str
    i_own_this_target: bool = False
    defaults: Defaults = Defaults()
    variables: dict[VariableName, JsonValue] = Field(default_factory=dict)
    data: tuple[Data, ...] = ()
    before: Hooks = Hooks()
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1)]
    after: Hooks = Hooks()
    load: LoadOrShape = Load(shape="smoke")
    loads: dict[Name, LoadOrShape] = Field(default_factory=dict)
    thresholds: dict[str, Thresholds] = Field(default_factory=dict)
    limits: Limits = Limits()
    tags: dict[str, Scalar] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _different_names(self) -> Self:
        names = [scenario.name for scenario in self.scenarios]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise PydanticCustomError(
                "names",
                "expected different names of scenarios, found {name} twice",
                {"name": twice},
            )
        return self
