"""Steps that are no requests, compiled: pauses, variables, loops, conditions, groups."""

from __future__ import annotations

from perfanalysis.generator.scenario.comparing import is_true
from perfanalysis.generator.scenario.compiling import Context, Problem, Run, State
from perfanalysis.generator.scenario.quantities import ThinkTime
from perfanalysis.generator.scenario.requests import compile_request
from perfanalysis.generator.scenario.scope import ScenarioError
from perfanalysis.generator.scenario.steps import (
    CloseStep,
    ExpectStep,
    ForEachStep,
    GroupStep,
    IfStep,
    RepeatStep,
    RequestStep,
    SendStep,
    SetStep,
    Step,
    ThinkStep,
    WebSocketStep,
)
from perfanalysis.generator.scenario.websockets import (
    compile_close,
    compile_expect,
    compile_send,
    compile_websocket,
)
from perfanalysis.generator.scenario.yaml_text import Place

MAX_REPEATS = 100_000


def compile_steps(steps: tuple[Step, ...], context: Context, place: Place) -> Run:
    """Return steps that are ready to run, one behind the other.

    Behind each request comes the default think time, unless a think step stands there.

    Raises:
        Problem: something in them cannot be understood.
    """
    runs: list[Run] = []
    for number, step in enumerate(steps):
        runs.append(_compile(step, context, (*place, number)))
        following = steps[number + 1] if number + 1 < len(steps) else None
        think = pause_behind(step, following, context.defaults.think)
        if think is not None:
            runs.append(_think(think))
    return _in_order(runs)


def pause_behind(step: Step, following: Step | None, think: ThinkTime | None) -> ThinkTime | None:
    """Return the default think time where it stands behind a step, else None."""
    stands = isinstance(step, RequestStep) and not isinstance(following, ThinkStep)
    return think if stands else None


def _in_order(runs: list[Run]) -> Run:
    if len(runs) == 1:
        return runs[0]
    steps = tuple(runs)

    async def run(state: State) -> None:
        for step in steps:
            await step(state)

    return run


def _compile(step: Step, context: Context, place: Place) -> Run:  # noqa: PLR0911  (one for each kind of step)
    match step:
        case RequestStep():
            return compile_request(step, context, place)
        case ThinkStep():
            return _think(step.think)
        case SetStep():
            return _set(step, context, place)
        case RepeatStep():
            return _repeat(step, context, place)
        case ForEachStep():
            return _for_each(step, context, place)
        case IfStep():
            return _if(step, context, place)
        case GroupStep():
            return _group(step, context, place)
        case WebSocketStep():
            return _websocket(step, context, place)
        case SendStep() | ExpectStep() | CloseStep():
            return _message(step, context, place)


def _think(think: ThinkTime) -> Run:
    low, high = think

    async def run(state: State) -> None:
        seconds = low if low == high else state.rng.uniform(low, high)
        await state.session.sleep(seconds)

    return run


def _set(step: SetStep, context: Context, place: Place) -> Run:
    renders = [
        (name, context.value(value, (*place, "set", name))[0]) for name, value in step.set.items()
    ]
    context.names.update(step.set)

    async def run(state: State) -> None:
        for name, render in renders:
            state.variables[name] = render(state)

    return run


def _repeat(step: RepeatStep, context: Context, place: Place) -> Run:
    text = str(step.repeat)
    expression = context.condition(text, (*place, "repeat"))
    index = step.index
    if index is not None:
        context.names.add(index)
    steps = compile_steps(step.steps, context, (*place, "steps"))

    async def run(state: State) -> None:
        for number in range(_count(expression.evaluate(state))):
            if index is not None:
                state.variables[index] = number
            await steps(state)

    return run


def _count(value: object) -> int:
    try:
        count = int(value) if isinstance(value, int | str | float) else -1
    except ValueError:
        count = -1
    if not 0 <= count <= MAX_REPEATS:
        raise ScenarioError(f"repeat: expected a number from 0 to {MAX_REPEATS}")
    return count


def _for_each(step: ForEachStep, context: Context, place: Place) -> Run:
    if isinstance(step.in_, str):
        evaluate = context.condition(step.in_, (*place, "in")).evaluate
    else:
        evaluate, _ = context.value(step.in_, (*place, "in"))
    name = step.for_each
    context.names.add(name)
    steps = compile_steps(step.steps, context, (*place, "steps"))

    async def run(state: State) -> None:
        entries = evaluate(state)
        if not isinstance(entries, list):
            raise ScenarioError(f"for_each {name}: expected a list, found {type(entries).__name__}")
        for entry in entries:
            state.variables[name] = entry
            await steps(state)

    return run


def _if(step: IfStep, context: Context, place: Place) -> Run:
    text = str(step.if_).lower() if isinstance(step.if_, bool) else step.if_
    condition = context.condition(text, (*place, "if"))
    then = compile_steps(step.then, context, (*place, "then"))
    otherwise = compile_steps(step.else_, context, (*place, "else")) if step.else_ else None

    async def run(state: State) -> None:
        if is_true(condition.evaluate(state)):
            await then(state)
        elif otherwise is not None:
            await otherwise(state)

    return run


def _group(step: GroupStep, context: Context, place: Place) -> Run:
    steps = compile_steps(step.steps, context, (*place, "steps"))
    name = step.group

    async def run(state: State) -> None:
        async with state.session.group(name):
            await steps(state)

    return run


def _websocket(step: WebSocketStep, context: Context, place: Place) -> Run:
    def steps_of(inner: Context) -> Run:
        return compile_steps(step.steps, inner, (*place, "steps"))

    return compile_websocket(step, context, place, steps_of)


def _message(step: SendStep | ExpectStep | CloseStep, context: Context, place: Place) -> Run:
    if not context.in_websocket:
        key = {SendStep: "send", ExpectStep: "expect", CloseStep: "close"}[type(step)]
        raise Problem((*place, key), f"{key!r} stands within the steps of a websocket only")
    if isinstance(step, SendStep):
        return compile_send(step, context, place)
    if isinstance(step, ExpectStep):
        return compile_expect(step, context, place)
    return compile_close(step)
