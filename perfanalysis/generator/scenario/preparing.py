"""From a scenario file to a plan: values filled in, everything checked, nothing sent yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from perfanalysis.errors import ConfigError, PerfanalysisError, UsageError
from perfanalysis.generator.load import Load as EngineLoad
from perfanalysis.generator.plan import HttpSettings, Plan
from perfanalysis.generator.redaction import Redactor
from perfanalysis.generator.scenario.compiling import Context, Problem
from perfanalysis.generator.scenario.data import require_rows
from perfanalysis.generator.scenario.loading import Loaded
from perfanalysis.generator.scenario.model import Load, LoadTest
from perfanalysis.generator.scenario.program import Program, literal_headers
from perfanalysis.generator.scenario.python_files import user_function
from perfanalysis.generator.scenario.requests import engine_timeouts
from perfanalysis.generator.scenario.scope import NOBODY
from perfanalysis.generator.scenario.shapes import SHAPES, NamedStage, engine_load, stages_of
from perfanalysis.generator.scenario.yaml_text import Place


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the caller decides beside the file.

    Attributes:
        load: a name from `loads` of the file, or of a ready shape; None for the file's own load.
        vus, rate, duration_s: scale the load; None leaves it.
        target: instead of the file's.
        variables: instead of the file's, by name.
        workers: processes that share the load.
        seed: of everything that is random.
    """

    load: str | None = None
    vus: int | None = None
    rate: float | None = None
    duration_s: float | None = None
    target: str | None = None
    variables: Mapping[str, object] | None = None
    workers: int = 1
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A load test that can begin, but for the question whose target it is.

    Attributes:
        test: with the chosen load, target and variables.
        stages: of the load, with their names.
        load: as the engine takes it.
        program: what the users do.
        headers: sent with every request.
        urls: the target and every other URL that the steps name.
        secrets: values of environment variables, which must not be shown.
        choices: as they were made.
    """

    test: LoadTest
    stages: tuple[NamedStage, ...]
    load: EngineLoad
    program: Program
    headers: dict[str, str]
    urls: tuple[str, ...]
    secrets: frozenset[str]
    choices: Choices

    def plan(self, owned_hosts: frozenset[str]) -> Plan:
        """Return what the engine is to do.

        Args:
            owned_hosts: public hosts that may be loaded all the same.
        """
        test, program = self.test, self.program
        defaults = test.defaults
        return Plan(
            users=program.users(),
            load=self.load,
            http=HttpSettings(
                base_url=test.target,
                headers=self.headers,
                timeouts=engine_timeouts(defaults.timeouts),
                max_redirects=defaults.max_redirects,
                insecure=defaults.insecure,
                ca_file=defaults.ca_file,
                owned_hosts=owned_hosts,
            ),
            setup=program.setup if test.before.test else None,
            teardown=program.teardown if test.after.test else None,
            leave=program.leaving if test.after.user else None,
            graceful_stop_s=test.load.graceful_stop,
            workers=self.choices.workers,
            seed=self.choices.seed,
        )


class _Environment(Mapping[str, str]):
    """Environment variables that remembers which of them were read."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.read: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        value = self.read[name] = self._variables[name]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __contains__(self, name: object) -> bool:
        return name in self._variables


def prepare(loaded: Loaded, environment: Mapping[str, str], choices: Choices) -> Prepared:
    """Fill in what a scenario file leaves open, and check all of it.

    Args:
        loaded: the file.
        environment: what `env.NAME` stands for.
        choices: of the caller.

    Raises:
        ConfigError: something in the file cannot be done; the message names its line.
        UsageError: a choice is none.
    """
    recorded = _Environment(environment)
    try:
        return _prepared(loaded, environment, recorded, choices)
    except PerfanalysisError as exc:
        raise Redactor(recorded.read.values()).error(exc) from None


def _prepared(
    loaded: Loaded, environment: Mapping[str, str], recorded: _Environment, choices: Choices
) -> Prepared:
    try:
        test = _with_variables(loaded.test, choices.variables or {}, recorded)
        # The target is shown and must be: it is no secret where it comes from the environment.
        test = test.model_copy(
            update={"target": _target(test, environment, choices), "load": _load(test, choices)}
        )
        program = Program(test, recorded, workers=choices.workers)
        compiled = program.compiled
        headers = literal_headers(test, recorded)
    except Problem as exc:
        raise loaded.error(exc.place, exc.message) from exc
    for scenario in test.scenarios:
        if scenario.function is not None:
            user_function(scenario)
    load = _checked_load(loaded, test)
    for table in program.tables:
        require_rows(table, load.most_users)
    return Prepared(
        test=test,
        stages=stages_of(test.load),
        load=load,
        program=Program(test, recorded.read, workers=choices.workers),
        headers=headers,
        urls=(test.target, *compiled.urls),
        secrets=frozenset(v for v in recorded.read.values() if v and v not in test.target),
        choices=choices,
    )


def _with_variables(
    test: LoadTest, chosen: Mapping[str, object], environment: Mapping[str, str]
) -> LoadTest:
    for name in chosen:
        if name not in test.variables:
            close = get_close_matches(name, test.variables, n=1)
            known = ", ".join(sorted(test.variables)) or "none"
            hint = f"did you mean {close[0]!r}?" if close else f"variables of the file: {known}"
            raise UsageError(f"--set {name}: the scenario file has no such variable", hint=hint)
    context = Context(environment=environment, names=set())
    variables: dict[str, Any] = {}
    for name, value in {**test.variables, **chosen}.items():
        render, is_fixed = context.value(value, ("variables", name))
        if not is_fixed:
            message = "expected a value that does not change; use a set step for one that does"
            raise Problem(("variables", name), message)
        variables[name] = render(NOBODY)
    return test.model_copy(update={"variables": variables})


def _target(test: LoadTest, environment: Mapping[str, str], choices: Choices) -> str:
    place: Place = ("target",)
    context = Context(environment=environment, names=set(test.variables))
    text = choices.target if choices.target is not None else test.target
    template = context.template(text, place)
    scope = type(NOBODY)(variables=dict(test.variables), rng=NOBODY.rng)
    url = template.render(scope).rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        usable = usable and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        # The text, not what it came to: that may be a secret in the wrong place.
        raise Problem(place, f"expected a URL such as http://127.0.0.1:8000, found {text!r}")
    if parts.username is not None or parts.password is not None:
        raise Problem(place, "expected no user and password in it; use an Authorization header")
    if parts.query or parts.fragment:
        raise Problem(place, "expected a URL that ends with its path")
    return url


def _load(test: LoadTest, choices: Choices) -> Load:
    load = _named_load(test, choices.load) if choices.load is not None else test.load
    changes: dict[str, Any] = {}
    if choices.vus is not None or choices.rate is not None:
        changes |= {"vus": choices.vus, "rate": choices.rate, "model": None}
        if choices.vus is not None:
            changes |= {"arrival": "constant", "max_vus": None}
    if choices.duration_s is not None:
        changes["duration"] = choices.duration_s
    if changes and load.stages:
        raise UsageError(
            "--vus, --rate and --duration scale a ready shape or a constant load, not stages",
            hint="choose a shape with --load, or change the stages in the file",
        )
    return load.model_copy(update=changes)


def _named_load(test: LoadTest, name: str) -> Load:
    if name in test.loads:
        return test.loads[name]
    shape = next((shape for shape in SHAPES if shape == name), None)
    if shape is not None:
        return Load(shape=shape)
    known = [*test.loads, *SHAPES]
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"loads: {', '.join(known)}"
    raise UsageError(f"--load {name!r}: there is no such load", hint=hint)


def _checked_load(loaded: Loaded, test: LoadTest) -> EngineLoad:
    try:
        return engine_load(test.load, test.limits)
    except ConfigError as exc:
        raise loaded.error(("load",), exc.message.removeprefix("load: "), hint=exc.hint) from exc
