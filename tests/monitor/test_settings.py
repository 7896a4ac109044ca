"""What to monitor, as people write it; and what is never told."""

from __future__ import annotations

import os

import pytest

from perfanalysis.errors import UsageError
from perfanalysis.monitor.settings import (
    Kind,
    MonitorSettings,
    build_sources,
    parse_interval,
    parse_watched,
)


@pytest.mark.parametrize(
    ("kind", "text", "target", "name", "interval_s"),
    [
        (Kind.URL, "http://h:1/m", "http://h:1/m", None, None),
        (Kind.URL, "shop=https://h/m?a=b", "https://h/m?a=b", "shop", None),
        (Kind.URL, "shop=http://h/m @5s", "http://h/m", "shop", 5.0),
        (Kind.URL, "http://u:p@h/m  @ 250ms ", "http://u:p@h/m", None, 0.25),
        (Kind.OPENMETRICS, "http://h/@5s", "http://h/@5s", None, None),
        (Kind.POSTGRES, "host=h user=u", "host=h user=u", None, None),
        (Kind.POSTGRES, "dbname=shop @10s", "dbname=shop", None, 10.0),
        (Kind.POSTGRES, "a=postgresql://h/db @1m", "postgresql://h/db", "a", 60.0),
        (Kind.POSTGRES, "host=h password='x @y'", "host=h password='x @y'", None, None),
        (Kind.PID, "web=123", "123", "web", None),
        (Kind.PROCESS, "gunicorn: *", "gunicorn: *", None, None),
        (Kind.PROCESS, "db=postgres* @2s", "postgres*", "db", 2.0),
    ],
)
def test_what_is_watched_may_have_a_name_and_an_interval(kind, text, target, name, interval_s):
    watched = parse_watched(kind, text)
    assert (watched.target, watched.name, watched.interval_s) == (target, name, interval_s)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (Kind.URL, "localhost:3000/metrics", "--url: expected an address that begins with http"),
        (Kind.URL, "ftp://h/", "--url: expected an address that begins with http"),
        (Kind.URL, "http://", "--url: expected an address that begins with http"),
        (Kind.URL, "http:///path", "--url: expected an address with a host"),
        (Kind.URL, "http://h:99999/", "--url: expected an address with a host and a port"),
        (Kind.URL, "http://h/a b", "--url: expected an address that begins with http"),
        (Kind.OPENMETRICS, "x", "--openmetrics: expected an address"),
        (Kind.PID, "web", "--pid: expected the number of a process, found 'web'"),
        (Kind.PID, "-1", "--pid: expected the number of a process"),
        (Kind.PID, "\uff11\uff12", "--pid: expected the number"),
        (Kind.PROCESS, "web=", "--process: expected something to watch"),
        (Kind.URL, "http://h/ @5", "--url ... @: expected a duration"),
        (Kind.URL, "http://h/ @1ms", "--url ... @: expected an interval from 100ms to 1h"),
    ],
)
def test_what_is_written_otherwise_is_refused_with_the_option(kind, text, message):
    with pytest.raises(UsageError, match=message.replace("...", r"\.\.\.")):
        parse_watched(kind, text)


@pytest.mark.parametrize("text", ["0s", "99ms", "2h", "1 day", "", "1e3s", "-1s", "nan s"])
def test_intervals_have_sensible_lengths(text):
    with pytest.raises(UsageError, match="--interval"):
        parse_interval(text, "--interval")


def test_passwords_are_neither_in_labels_nor_in_errors():
    (source,) = build_sources(
        MonitorSettings(
            system=False,
            watched=(parse_watched(Kind.URL, "http://u:hunter2@h:1/m?token=hunter3"),),
        )
    )
    assert source.label == "url http://h:1/m?…"
    assert {"hunter2", "token=hunter3"} <= set(source.secrets)
    with pytest.raises(UsageError) as caught:
        parse_watched(Kind.URL, "htp://u:hunter2@h/")
    assert "hunter2" not in caught.value.message


def test_a_broken_connection_string_is_not_quoted():
    pytest.importorskip("psycopg")
    watched = parse_watched(Kind.POSTGRES, "postgresql://u:hunter2@h:port:1/db?nonsense=hunter2")
    with pytest.raises(UsageError) as caught:
        build_sources(MonitorSettings(watched=(watched,)))
    assert "hunter2" not in caught.value.message
    assert "hunter2" not in str(caught.value.hint)
    assert caught.value.__cause__ is None


def test_a_process_that_does_not_exist_is_refused_at_once():
    for pid in ("4194305", "99999999999999999999"):
        with pytest.raises(UsageError, match="there is no such process"):
            build_sources(MonitorSettings(watched=(parse_watched(Kind.PID, pid),)))


def test_a_process_has_its_own_name_or_the_users():
    own = str(os.getpid())
    sources = build_sources(
        MonitorSettings(
            system=False,
            watched=(parse_watched(Kind.PID, own), parse_watched(Kind.PID, f"me={own}")),
        )
    )
    assert sources[0].label.startswith(f"pid {own} (")
    assert sources[1].label == f"pid {own} (me)"


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (Kind.URL, ("http://a/", "http://b/")),
        (Kind.URL, ("x=http://a/", "x=http://b/")),
        (Kind.POSTGRES, ("host=a", "host=b")),
    ],
)
def test_things_that_could_not_be_told_apart_need_names(kind, texts):
    pytest.importorskip("psycopg")
    watched = tuple(parse_watched(kind, text) for text in texts)
    with pytest.raises(UsageError, match="need different names"):
        build_sources(MonitorSettings(watched=watched))


def test_monitoring_nothing_is_refused():
    with pytest.raises(UsageError, match="nothing to monitor"):
        build_sources(MonitorSettings(system=False))


@pytest.mark.parametrize(
    ("module", "kind", "text"),
    [
        ("prometheus_client", Kind.OPENMETRICS, "http://h/"),
        ("psycopg", Kind.POSTGRES, "host=h"),
    ],
)
def test_a_missing_library_is_named_with_the_command_that_installs_it(
    monkeypatch, module, kind, text
):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(UsageError, match=module.replace("_", "-")) as caught:
        build_sources(MonitorSettings(watched=(parse_watched(kind, text),)))
    assert caught.value.hint == "pip install 'perfanalysis[monitor]'"


def test_every_source_has_its_own_interval_or_the_common_one():
    settings = MonitorSettings(
        interval_s=2.0,
        watched=(parse_watched(Kind.URL, "http://h/ @5s"), parse_watched(Kind.PROCESS, "x")),
    )
    assert [source.interval_s for source in build_sources(settings)] == [2.0, 5.0, 2.0]
