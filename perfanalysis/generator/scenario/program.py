"""A scenario file as a program: what each worker process runs for each virtual user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from perfanalysis.generator.plan import Hook, UserFunction, WeightedUser
from perfanalysis.generator.scenario.blocks import compile_steps
from perfanalysis.generator.scenario.compiling import BUILT_IN, Context, Run, State
from perfanalysis.generator.scenario.data import Feed, Table, read_table
from perfanalysis.generator.scenario.model import LoadTest
from perfanalysis.generator.scenario.python_files import user_function
from perfanalysis.generator.scenario.templates import parse_template

if TYPE_CHECKING:
    from perfanalysis.generator.session import Session


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """The steps of a load test, ready to run.

    Attributes:
        scenarios: of each scenario in turn; None for one that is a function.
        urls: absolute URLs that the steps name.
    """

    before_test: Run
    before_user: Run
    scenarios: tuple[Run | None, ...]
    after_user: Run
    after_test: Run
    urls: tuple[str, ...]


class Program:
    """What virtual users do. It travels to the workers as written and is compiled there.

    Args:
        test: the load test; its variables hold no templates any more.
        environment: what `env.NAME` stands for.
        workers: how many processes share the load.
    """

    def __init__(self, test: LoadTest, environment: Mapping[str, str], *, workers: int = 1) -> None:
        self._test = test
        self._environment = environment
        self._workers = workers
        self._forget()

    def __getstate__(self) -> dict[str, Any]:
        return {
            "_test": self._test,
            "_environment": dict(self._environment),
            "_workers": self._workers,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        self._forget()

    def _forget(self) -> None:
        self._compiled: Compiled | None = None
        self._tables: tuple[Table, ...] | None = None
        self._feeds: tuple[Feed, ...] | None = None
        self._arrived: WeakSet[Session] = WeakSet()

    @property
    def tables(self) -> tuple[Table, ...]:
        """The data files.

        Raises:
            ConfigError: one cannot be read.
        """
        if self._tables is None:
            self._tables = tuple(read_table(data) for data in self._test.data)
        return self._tables

    @property
    def compiled(self) -> Compiled:
        """The steps, ready to run.

        Raises:
            Problem: something in them cannot be understood.
            ConfigError: a data file cannot be read.
        """
        if self._compiled is None:
            self._compiled = self._compile()
        return self._compiled

    def users(self) -> tuple[WeightedUser, ...]:
        """Return the scenarios as the engine takes them."""
        return tuple(
            WeightedUser(
                name=scenario.name, weight=scenario.weight, factory=partial(self.function, number)
            )
            for number, scenario in enumerate(self._test.scenarios)
        )

    def function(self, number: int) -> UserFunction:
        """Return one iteration of a scenario."""
        run = self.compiled.scenarios[number]
        if run is not None:
            return partial(self._iterate, run)
        return partial(self._call, user_function(self._test.scenarios[number]))

    def setup(self) -> Hook:
        """Return what runs before all users: its variables become theirs."""
        run = self.compiled.before_test

        async def hook(session: Session) -> Mapping[str, object]:
            state = self._state(session)
            given = dict(state.variables)
            await run(state)
            return {
                name: value
                for name, value in state.variables.items()
                if name not in BUILT_IN and (name not in given or given[name] is not value)
            }

        return hook

    def teardown(self) -> Hook:
        """Return what runs after all users."""
        run = self.compiled.after_test

        async def hook(session: Session) -> None:
            await run(self._state(session))

        return hook

    def leaving(self) -> UserFunction:
        """Return what a user does when it goes."""
        return self._leave

    async def _leave(self, session: Session) -> None:
        if session in self._arrived:
            self._arrived.discard(session)
            await self.compiled.after_user(self._state(session))

    async def _iterate(self, run: Run, session: Session) -> None:
        await self._arrive(session)
        state = self._state(session)
        for feed in self._all_feeds(session):
            state.variables[feed.name] = feed.next(user_id=session.user_id, rng=session.random)
        await run(state)

    async def _call(self, function: UserFunction, session: Session) -> None:
        await self._arrive(session)
        session.variables = {**self._test.variables, **session.variables}
        for feed in self._all_feeds(session):
            session.variables[feed.name] = feed.next(user_id=session.user_id, rng=session.random)
        await function(session)

    async def _arrive(self, session: Session) -> None:
        """Do what a user does once, before its first iteration."""
        if session in self._arrived:
            return
        if self._test.before.user:
            state = self._state(session)
            for feed in self._all_feeds(session):
                state.variables[feed.name] = feed.next(user_id=session.user_id, rng=session.random)
            await self.compiled.before_user(state)
            session.variables = state.variables
        self._arrived.add(session)

    def _state(self, session: Session) -> State:
        variables = {
            **self._test.variables,
            **session.variables,
            "user_id": session.user_id,
            "iteration": session.iteration,
        }
        return State(session=session, variables=variables, rng=session.random)

    def _all_feeds(self, session: Session) -> tuple[Feed, ...]:
        if self._feeds is None:
            # Users are numbered in turn by worker.
            worker = session.user_id % self._workers
            self._feeds = tuple(
                Feed(table, worker=worker, workers=self._workers) for table in self.tables
            )
        return self._feeds

    def _compile(self) -> Compiled:
        test = self._test
        context = Context(
            environment=self._environment, names=set(test.variables), defaults=test.defaults
        )
        context.must_succeed = True
        before_test = compile_steps(test.before.test, context, ("before", "test"))
        context.must_succeed = False
        after = context.names.copy()
        context.names.update(data.as_ for data in test.data)
        before_user = compile_steps(test.before.user, context, ("before", "user"))
        known = context.names.copy()
        scenarios = []
        ever_known = known.copy()
        for number, scenario in enumerate(test.scenarios):
            context.names = known.copy()
            place = ("scenarios", number, "steps")
            is_function = scenario.function is not None
            scenarios.append(None if is_function else compile_steps(scenario.steps, context, place))
            ever_known |= context.names
        context.names = known - {data.as_ for data in test.data}
        after_user = compile_steps(test.after.user, context, ("after", "user"))
        context.names = after
        after_test = compile_steps(test.after.test, context, ("after", "test"))
        context.names = ever_known
        context.require_default_headers()
        return Compiled(
            before_test=before_test,
            before_user=before_user,
            scenarios=tuple(scenarios),
            after_user=after_user,
            after_test=after_test,
            urls=tuple(context.urls),
        )


def literal_headers(test: LoadTest, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the default headers that never change."""
    templates = {
        key: parse_template(text, environment) for key, text in test.defaults.headers.items()
    }
    return {
        key: template.literal for key, template in templates.items() if template.literal is not None
    }
