"""A real PostgreSQL: what its views say, its restarts, its refusals."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from perfanalysis.model.series import SeriesKind
from perfanalysis.monitor.postgres import Postgres
from perfanalysis.monitor.source import ReadingError
from perfanalysis.traces.series_entry import points_of_entry

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.slow


def watching(dsn, name=None):
    return Postgres(dsn, name=name, interval_s=1.0)


@pytest.fixture
def source(postgres):
    source = watching(postgres.dsn())
    yield source
    source.close()


@pytest.fixture
def session(postgres):
    """A client that works in the database that is watched."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        yield connection


def points(source):
    return list(points_of_entry(source.read().entry))


def values(found):
    return {
        (p.metric, *(text for label, text in p.labels.items() if label != "database")): p.value
        for p in found
    }


def flush(session):
    """Have the server count now what this session did."""
    session.execute("SELECT pg_stat_force_next_flush()")
    session.execute("SELECT 1")


def test_the_views_are_told_counters_by_what_they_grew(source, session):
    first = points(source)
    assert {p.kind for p in first} == {SeriesKind.GAUGE}
    assert {p.labels["database"] for p in first} == {"postgres"}
    for _ in range(20):
        session.execute("SELECT 1")
    flush(session)
    second = points(source)
    grown = {p.metric: p for p in second if p.kind is SeriesKind.COUNTER}
    assert grown["postgres.xact_commit"].value >= 20
    assert grown["postgres.temp_bytes"].unit == "bytes"
    assert {"postgres.blks_hit", "postgres.tup_fetched", "postgres.deadlocks"} <= set(grown)


def test_backends_are_counted_by_state_without_the_monitors_own(source, session):
    with psycopg.connect(session.info.dsn, password=session.info.password) as waiting:
        waiting.execute("SELECT 1")  # a transaction stays open
        found = values(points(source))
    assert found["postgres.activity.idle_in_transaction",] == 1
    assert found["postgres.activity.idle",] == 1
    assert found["postgres.activity.active",] == 0
    assert found["postgres.waiting_for_locks",] == 0
    assert found["postgres.oldest_transaction",] > 0


def test_a_backend_that_waits_for_a_lock_is_counted(source, session, postgres):
    session.execute("SELECT pg_advisory_lock(42)")
    with psycopg.connect(postgres.dsn(), autocommit=True) as other:
        waiting = threading.Thread(target=other.execute, args=("SELECT pg_advisory_lock(42)",))
        waiting.start()
        while values(points(source))["postgres.waiting_for_locks",] == 0:
            assert waiting.is_alive()
        session.execute("SELECT pg_advisory_unlock(42)")
        waiting.join()


@pytest.fixture
def statements(session):
    """The extension that counts statements."""
    session.execute('CREATE SCHEMA "Odd name"')
    session.execute('CREATE EXTENSION pg_stat_statements SCHEMA "Odd name"')
    yield session
    session.execute("DROP EXTENSION pg_stat_statements")
    session.execute('DROP SCHEMA "Odd name"')


def test_statements_are_told_with_calls_and_time(statements, postgres):
    source = watching(postgres.dsn(), name="main")
    query = "SELECT count(*) FROM generate_series(1, %s)"
    statements.execute(query, [1000], prepare=False)
    source.read()
    for _ in range(3):
        statements.execute(query, [1000], prepare=False)
    found = [p for p in points(source) if p.metric == "postgres.statements.calls"]
    source.close()
    (ours,) = (p for p in found if "generate_series" in p.labels.get("query", ""))
    assert ours.value == 3
    assert ours.labels["query"].startswith("SELECT count(*) FROM generate_series($")
    assert ours.labels["server"] == "main"
    assert ours.labels["queryid"].lstrip("-").isdigit()


def test_passwords_in_statements_are_not_told(statements, postgres):
    source = watching(postgres.dsn())
    for turn in range(3):
        statements.execute("CREATE ROLE somebody PASSWORD 'hunter2'")
        statements.execute("DROP ROLE somebody")
        if turn == 0:
            source.read()
    entry = source.read().entry
    source.close()
    called = [p for p in entry["points"] if p["metric"] == "postgres.statements.calls"]
    assert len(called) >= 2
    assert "hunter2" not in str(entry)


def test_a_database_without_the_extension_is_told_without_statements(source):
    assert source.read().unreadable == ()
    assert not [p for p in points(source) if "statements" in p.metric]


def test_a_restart_fails_readings_and_then_goes_on(postgres):
    source = watching(postgres.dsn())
    source.read()
    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(ReadingError):
                source.read()
    finally:
        postgres.start()
    assert points(source) != []
    source.close()


def test_a_crash_lets_counters_begin_anew_which_is_told(postgres, session):
    source = watching(postgres.dsn())
    for _ in range(50):
        session.execute("SELECT 1")
    flush(session)
    source.read()
    postgres.stop("immediate")
    postgres.start()
    with pytest.raises(ReadingError):
        source.read()
    points(source)
    source.close()
    assert source.restarts["postgres.xact_commit"] == 1


def test_a_server_that_hangs_is_interrupted(postgres):
    source = watching(postgres.dsn())
    source.read()
    pid = source._connection.info.backend_pid
    failures = []

    def read():
        try:
            source.read()
        except ReadingError as exc:
            failures.append(str(exc))

    os.kill(pid, signal.SIGSTOP)
    try:
        reading = threading.Thread(target=read)
        reading.start()
        reading.join(0.3)
        assert reading.is_alive()
        source.interrupt()
        reading.join(10)
        assert not reading.is_alive()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert len(failures) == 1
    assert points(source) != []
    source.close()


def test_a_wrong_password_is_a_failed_reading_that_does_not_tell_it(postgres):
    source = watching(postgres.dsn(password="hunter2"))
    with pytest.raises(ReadingError, match="authentication failed") as caught:
        source.read()
    assert "hunter2" not in str(caught.value)


def test_a_database_that_is_missing_and_a_server_that_is_not_there(postgres, closed_port):
    with pytest.raises(ReadingError, match="does not exist"):
        watching(postgres.dsn(database="nowhere")).read()
    with pytest.raises(ReadingError, match="refused"):
        watching(f"host=127.0.0.1 port={closed_port} user=a").read()


def test_what_the_string_does_not_say_comes_from_the_environment(postgres, monkeypatch):
    for name, value in postgres.environment().items():
        monkeypatch.setenv(name, value)
    source = watching("")
    assert points(source) != []
    assert source.secrets == (postgres.environment()["PGPASSWORD"],)
    source.close()


def test_a_user_without_rights_sees_what_is_public(postgres, session):
    session.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    try:
        source = watching(postgres.dsn(password="guest").replace("user=tester", "user=guest"))
        found = values(points(source))
        source.close()
        assert found["postgres.numbackends",] >= 2
        assert found["postgres.activity.hidden",] >= 1
    finally:
        session.execute("DROP ROLE guest")
