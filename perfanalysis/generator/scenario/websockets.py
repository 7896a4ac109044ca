"""WebSocket steps, compiled: open, send, wait for a message, close."""

from __future__ import annotations

from collections.abc import Callable

from perfanalysis.generator.scenario.answers import (
    MISSING,
    Answer,
    CompiledCapture,
    compile_capture,
)
from perfanalysis.generator.scenario.comparing import are_equal
from perfanalysis.generator.scenario.compiling import Context, Run, State
from perfanalysis.generator.scenario.patterns import BodyError
from perfanalysis.generator.scenario.scope import NOBODY, RequiredError, Scope
from perfanalysis.generator.scenario.steps import CloseStep, ExpectStep, SendStep, WebSocketStep
from perfanalysis.generator.scenario.templates import as_text, parse_template
from perfanalysis.generator.scenario.yaml_text import Place

_SCHEMES = ("ws://", "wss://", "http://", "https://")


class Message:
    """A message as something that checks and captures can look at.

    Args:
        data: text or bytes.
    """

    __slots__ = ("content", "headers", "status")

    def __init__(self, data: str | bytes) -> None:
        self.content = data.encode("utf-8", "replace") if isinstance(data, str) else data
        self.headers: dict[str, str] = {}
        self.status = 0


def compile_websocket(
    step: WebSocketStep, context: Context, place: Place, steps_of: Callable[[Context], Run]
) -> Run:
    """Return a WebSocket step that is ready to run.

    Its steps run while it is open; where it cannot be opened they are left out, and the failure is
    a row as any other.

    Args:
        step: as written.
        context: what is known before it.
        place: where it stands.
        steps_of: compiles the steps within.

    Raises:
        Problem: something in it cannot be understood.
    """
    path = context.path(step.websocket, (*place, "websocket"), schemes=_SCHEMES)
    headers = {
        key: context.template(text, (*place, "headers", key)) for key, text in step.headers.items()
    }
    was_within, context.in_websocket = context.in_websocket, True
    steps = steps_of(context)
    context.in_websocket = was_within
    name = websocket_name(step)
    subprotocols, timeout_s, required = step.subprotocols, step.timeout, context.must_succeed

    async def run(state: State) -> None:
        given = {key: template.render(state) for key, template in headers.items()}
        socket = await state.session.websocket(
            path.render_path(state),
            name=name,
            headers=given,
            subprotocols=subprotocols,
            timeout_s=timeout_s,
        )
        outer, state.websocket = state.websocket, socket
        try:
            if socket.error is None:
                await steps(state)
            elif required:
                raise RequiredError(f"{name}, which is required, failed: {socket.error}")
        finally:
            state.websocket = outer
            await socket.close()

    return run


def websocket_name(step: WebSocketStep) -> str:
    """Return what the rows of a WebSocket are called: its name, or its path without values."""
    return step.name or parse_template(step.websocket, {}).label.partition("?")[0]


def compile_send(step: SendStep, context: Context, place: Place) -> Run:
    """Return a send step that is ready to run.

    Raises:
        Problem: a template in it cannot be understood.
    """
    render, is_fixed = context.value(step.send, (*place, "send"))
    name = step.name
    fixed = as_text(render(NOBODY)) if is_fixed else None

    async def run(state: State) -> None:
        assert state.websocket is not None  # noqa: S101  (the compiler checks where it stands)
        message = fixed if fixed is not None else as_text(render(state))
        await state.websocket.send(message, name=name)

    return run


def compile_expect(step: ExpectStep, context: Context, place: Place) -> Run:
    """Return a step that waits for a message, ready to run.

    Raises:
        Problem: something in it cannot be understood.
    """
    fits = _predicate(step, context, (*place, "expect"))
    captures = tuple(
        compile_capture(variable, capture, context, (*place, "capture", variable))
        for variable, capture in step.capture.items()
    )
    context.names.update(step.capture)
    name, timeout_s = step.name, step.timeout

    async def run(state: State) -> None:
        assert state.websocket is not None  # noqa: S101  (the compiler checks where it stands)
        message = await state.websocket.expect(
            lambda data: fits(Answer(Message(data)), state), timeout_s=timeout_s, name=name
        )
        answer = Answer(Message(b"" if message is None else message))
        for capture in captures:
            _capture(capture, answer, state)

    return run


def compile_close(step: CloseStep) -> Run:
    """Return a step that closes the WebSocket, ready to run."""
    code = step.close

    async def run(state: State) -> None:
        assert state.websocket is not None  # noqa: S101  (the compiler checks where it stands)
        await state.websocket.close(code)

    return run


def _predicate(step: ExpectStep, context: Context, place: Place) -> Callable[[Answer, Scope], bool]:
    """Return whether a message is the one that is waited for."""
    wanted = step.expect
    tests: list[Callable[[Answer, Scope], bool]] = []
    if wanted.contains is not None:
        part = context.template(wanted.contains, (*place, "contains"))
        tests.append(lambda answer, scope: part.render(scope).encode() in answer.content)
    if wanted.matches is not None:
        pattern = context.pattern(wanted.matches, (*place, "matches"))
        tests.append(lambda answer, _: pattern.is_in(answer.content))
    if wanted.json_path is not None:
        path = context.jsonpath(wanted.json_path, (*place, "json"))
        value, _ = context.value(wanted.equals, (*place, "equals"))
        asks_equality = wanted.asks_equality

        def fits(answer: Answer, scope: Scope) -> bool:
            found, there = path.first(answer.document)
            return found and (not asks_equality or are_equal(there, value(scope)))

        tests.append(fits)

    def run(answer: Answer, scope: Scope) -> bool:
        try:
            return all(test(answer, scope) for test in tests)
        except BodyError:
            return False

    return run


def _capture(capture: CompiledCapture, answer: Answer, state: State) -> None:
    try:
        value = capture.find(answer, state)
    except BodyError:
        value = MISSING
    if value is MISSING:
        state.variables.pop(capture.variable, None)
    else:
        state.variables[capture.variable] = value
