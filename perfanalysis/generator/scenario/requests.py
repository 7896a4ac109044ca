"""Request steps, compiled: what never changes is made once, the rest for each request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from perfanalysis.generator import plan
from perfanalysis.generator.response import Response
from perfanalysis.generator.scenario.answers import (
    MISSING,
    Answer,
    CompiledCapture,
    CompiledCheck,
    compile_capture,
    compile_check,
)
from perfanalysis.generator.scenario.compiling import Context, Run, State
from perfanalysis.generator.scenario.patterns import BodyError
from perfanalysis.generator.scenario.scope import NOBODY, RequiredError, ScenarioError
from perfanalysis.generator.scenario.steps import RequestStep, Timeouts
from perfanalysis.generator.scenario.templates import Template, as_text, parse_template
from perfanalysis.generator.scenario.yaml_text import Place

_JSON = "application/json"


def compile_request(step: RequestStep, context: Context, place: Place) -> Run:
    """Return a request step that is ready to run.

    Raises:
        Problem: something in it cannot be understood.
    """
    path = context.path(step.path, (*place, step.method.lower()))
    name = request_name(step)
    options = _options(step, context, place)
    url = _url(step, path, options, context, place)
    judge = _Judge(step, name, context, place)
    context.names.update(step.capture)
    method, required = step.method, step.required or context.must_succeed
    fixed = {"name": name, "keep_body": judge.reads_body, **options.fixed}
    changing = tuple(options.changing.items())

    async def run(state: State) -> None:
        verdict = judge.begin(state) if judge.is_needed else None
        given = {key: render(state) for key, render in changing} if changing else {}
        try:
            response = await state.session.request(
                method,
                url(state),
                expect=None if verdict is None else verdict.expect,
                **fixed,
                **given,
            )
        except ValueError as exc:
            raise ScenarioError(f"{name}: {exc}") from exc
        if verdict is not None:
            verdict.record(response)
        if required and response.error is not None:
            raise RequiredError(f"{name}, which is required, failed: {response.error}")

    return run


def request_name(step: RequestStep) -> str:
    """Return what the rows of a step are called: its name, or method and path without values.

    >>> request_name(RequestStep(get="/api/products/${id}?full=1"))
    'GET /api/products/{id}'
    """
    if step.name is not None:
        return step.name
    return f"{step.method} {parse_template(step.path, {}).label.partition('?')[0]}"


def engine_timeouts(timeouts: Timeouts) -> plan.Timeouts:
    """Return timeouts as the engine takes them."""
    return plan.Timeouts(
        connect_s=timeouts.connect, first_byte_s=timeouts.first_byte, whole_s=timeouts.total
    )


class _Options:
    """Keyword arguments of a request: those that never change, and how to make the others."""

    def __init__(self) -> None:
        self.fixed: dict[str, Any] = {}
        self.changing: dict[str, Callable[[State], Any]] = {}
        self.content_type: str | None = None


def _options(step: RequestStep, context: Context, place: Place) -> _Options:
    options = _Options()
    _add_body(options, step, context, place)
    _add_headers(options, step, context, place)
    if step.tags:
        options.fixed["tags"] = dict(step.tags)
    if step.timeouts is not None:
        options.fixed["timeout"] = engine_timeouts(step.timeouts)
    return options


def _add_headers(options: _Options, step: RequestStep, context: Context, place: Place) -> None:
    own = {
        key: context.template(text, (*place, "headers", key)) for key, text in step.headers.items()
    }
    templates = {**context.default_headers(), **own}
    if options.content_type is not None and "content-type" not in map(str.lower, templates):
        templates["content-type"] = parse_template(options.content_type, {})
    _add(options, "headers", templates)


def _add(options: _Options, key: str, templates: dict[str, Template]) -> None:
    """Add texts by name; they are made once where no variable is in them."""
    if not templates:
        return
    literals = {name: template.literal for name, template in templates.items()}
    if None not in literals.values():
        options.fixed[key] = literals
        return
    renders = [(name, template.render) for name, template in templates.items()]
    options.changing[key] = lambda state: {name: render(state) for name, render in renders}


def _add_body(options: _Options, step: RequestStep, context: Context, place: Place) -> None:
    if step.has_json:
        render, is_fixed = context.value(step.json_body, (*place, "json"))
        if is_fixed:
            # Written once, not for every request; and only so can the body be null.
            options.fixed["body"] = json.dumps(render(NOBODY), ensure_ascii=False).encode()
            options.content_type = _JSON
        else:
            options.changing["json"] = render
    elif step.form is not None:
        templates = {
            key: context.template(as_text(value), (*place, "form", key))
            for key, value in step.form.items()
        }
        _add(options, "form", templates)
    elif step.body is not None:
        template = context.template(step.body, (*place, "body"))
        if template.literal is not None:
            options.fixed["body"] = template.literal.encode()
        else:
            options.changing["body"] = lambda state: template.render(state).encode()


def _url(
    step: RequestStep, path: Template, options: _Options, context: Context, place: Place
) -> Callable[[State], str]:
    query = {
        key: context.template(as_text(value), (*place, "query", key))
        for key, value in step.query.items()
    }
    literals = {key: template.literal for key, template in query.items()}
    if path.literal is not None and None not in literals.values():
        joint = "" if not query else "&" if "?" in path.literal else "?"
        url = f"{path.literal}{joint}{urlencode(literals)}"
        return lambda _: url
    _add(options, "params", query)
    if path.literal is not None:
        literal = path.literal
        return lambda _: literal
    return _checked(path) if path.is_one_expression else path.render_path


def _checked(path: Template) -> Callable[[State], str]:
    def render(state: State) -> str:
        url = path.render_path(state)
        if not url.startswith(("/", "http://", "https://")):
            raise ScenarioError(f"{path.text}: expected a path or URL, found something else")
        return url

    return render


class _Judge:
    """The checks and captures of a request step."""

    def __init__(self, step: RequestStep, name: str, context: Context, place: Place) -> None:
        self.checks = tuple(
            compile_check(check, name, context, (*place, "check", n))
            for n, check in enumerate(step.check)
        )
        self.captures = tuple(
            compile_capture(variable, capture, context, (*place, "capture", variable))
            for variable, capture in step.capture.items()
        )
        self.asks_status = any(check.status is not None for check in step.check)
        self.is_needed = bool(self.checks or self.captures)
        self.reads_body = any(
            check.status is None and check.latency_below is None and check.header is None
            for check in step.check
        ) or any(capture.header is None for capture in step.capture.values())

    def begin(self, state: State) -> _Verdict:
        """Return what will judge one response."""
        return _Verdict(self, state)


class _Verdict:
    """Judges one response when it has come, and records the checks behind its row."""

    __slots__ = ("_judge", "_outcomes", "_state")

    def __init__(self, judge: _Judge, state: State) -> None:
        self._judge = judge
        self._state = state
        self._outcomes: list[tuple[CompiledCheck, bool]] = []

    def expect(self, response: Response) -> str | None:
        """Return why the answer is wrong, or None; keeps what is captured."""
        answer = Answer(response)
        problem = None
        if not self._judge.asks_status and response.status >= 400:
            problem = f"HTTP {response.status}"
        for check in self._judge.checks:
            held = check.holds(answer, self._state)
            self._outcomes.append((check, held))
            if not held and problem is None:
                problem = f"check failed: {check.name}"
        for capture in self._judge.captures:
            missing = self._capture(capture, answer)
            problem = problem or missing
        return problem

    def record(self, response: Response) -> None:
        """Record the checks; without a response none of them holds."""
        if not self._outcomes:
            self._outcomes = [(check, False) for check in self._judge.checks]
        check_row = self._state.session.check
        for check, held in self._outcomes:
            limit_ms = check.latency_ms
            if limit_ms is None:
                check_row(check.name, held)
            else:
                check_row(check.name, response.status != 0 and response.latency_ms < limit_ms)

    def _capture(self, capture: CompiledCapture, answer: Answer) -> str | None:
        try:
            value = capture.find(answer, self._state)
        except BodyError as exc:
            return f"capture of {capture.variable!r}: {exc}"
        if value is MISSING:
            # What an earlier request captured must not pass for this one's.
            self._state.variables.pop(capture.variable, None)
            return f"capture of {capture.variable!r}: nothing at {capture.where}"
        self._state.variables[capture.variable] = value
        return None
