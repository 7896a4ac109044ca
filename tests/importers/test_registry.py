"""Which importer fits a file, and which files make one run."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points

import pyarrow as pa
import pytest

from perfanalysis import api
from perfanalysis.errors import FormatError, InputError, UsageError
from perfanalysis.importers import registry
from perfanalysis.importers.base import Facts, Importer, Match, Rows
from perfanalysis.importers.registry import (
    detect,
    find_source,
    group_runs,
    importer_named,
    importers,
)
from perfanalysis.importers.source import InputFile

TOOL_OF_FOLDER = {"demo": "k6", "psutil": "ps"}
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Stopwatch(Importer):
    """Lines of `name milliseconds` behind a first line `stopwatch`."""

    name = "stopwatch"
    title = "Stopwatch, an importer of somebody else's"
    certainty = Match.CERTAIN

    def match(self, head, filename):
        del filename
        return self.certainty if head.startswith(b"stopwatch\n") else Match.NO

    def read(self, source, rejects) -> Iterator[Rows | Facts]:
        del rejects
        yield Facts(tool="stopwatch", tool_version="7")
        with source.files[0].open() as stream:
            rows = [line.split() for line in stream.read().decode().splitlines()[1:]]
        columns = {
            "started_at": pa.array([START] * len(rows), pa.timestamp("us", tz="UTC")),
            "name": [name for name, _ in rows],
            "latency_ms": [float(latency) for _, latency in rows],
            "ok": [True] * len(rows),
            "kind": ["request"] * len(rows),
        }
        yield Rows(table="requests", batch=pa.RecordBatch.from_pydict(columns))


class Guess(Stopwatch):
    name = "guess"
    certainty = Match.LIKELY


class Rival(Stopwatch):
    name = "rival"


class Failing(Stopwatch):
    def __init__(self):
        raise OSError("no licence")


class NoImporter:
    """Something else that was registered by mistake."""


@dataclass(frozen=True)
class Entry:
    """What importlib.metadata gives for an entry point."""

    name: str
    value: object

    def load(self):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@pytest.fixture
def register(monkeypatch):
    """Register importers beside ours, as if a package that is installed declared them."""
    ours = list(entry_points(group="perfanalysis.importers"))

    def call(**others):
        entries = [*ours, *(Entry(name, value) for name, value in others.items())]
        found = {"perfanalysis.importers": entries}
        monkeypatch.setattr(registry, "entry_points", lambda group: found[group])
        importers.cache_clear()

    yield call
    importers.cache_clear()


@pytest.fixture
def stopwatch_file(tmp_path):
    path = tmp_path / "times.txt"
    path.write_text("stopwatch\nHome 12.5\nHome 13.5\nLogin 40\n")
    return path


def in_file(path):
    return InputFile(path=path, label=path.name)


def test_an_importer_of_a_third_party_works_end_to_end(register, stopwatch_file, tmp_path):
    register(stopwatch=Stopwatch)
    run = api.import_run([str(stopwatch_file)], tmp_path / "out.run")
    assert (run.info.tool, run.info.tool_version) == ("stopwatch", "7")
    assert run.info.sources[0].format == "stopwatch"
    summary = api.summarize(run)
    assert {entry.name: entry.latency.mean for entry in summary.names} == {
        "Home": 13.0,
        "Login": 40.0,
    }


def test_an_importer_of_a_third_party_that_breaks_the_schema_is_named(
    register, stopwatch_file, tmp_path
):
    register(stopwatch=Stopwatch)
    stopwatch_file.write_text("stopwatch\nHome -1\n")
    with pytest.raises(InputError, match="stopwatch: column 'latency_ms' holds a negative number"):
        api.import_run([str(stopwatch_file)], tmp_path / "out.run")
    assert not (tmp_path / "out.run").exists()


def test_the_highest_match_wins(register, stopwatch_file):
    register(stopwatch=Stopwatch, guess=Guess)
    assert detect(in_file(stopwatch_file)).name == "stopwatch"


def test_a_tie_is_an_error_that_lists_both(register, stopwatch_file):
    register(stopwatch=Stopwatch, rival=Rival, guess=Guess)
    message = r"^times\.txt:1: fits several formats: rival, stopwatch$"
    with pytest.raises(FormatError, match=message) as refused:
        detect(in_file(stopwatch_file))
    assert "--from" in refused.value.hint


def test_a_tie_is_settled_by_naming_the_format(register, stopwatch_file):
    register(stopwatch=Stopwatch, rival=Rival)
    importer, _ = find_source(stopwatch_file, label="x", format_name="rival", timezone=UTC)
    assert importer.name == "rival"


def test_a_file_that_nothing_fits_is_an_error_that_lists_all(stopwatch_file):
    with pytest.raises(FormatError) as refused:
        detect(in_file(stopwatch_file))
    known = sorted(entry.name for entry in entry_points(group="perfanalysis.importers"))
    assert refused.value.message == (
        "times.txt:1: expected the results of a known tool, found none of: " + ", ".join(known)
    )


def test_broken_importers_are_listed_and_do_not_disturb_the_others(register, stopwatch_file):
    register(a=ImportError("no module named 'x'"), b=Failing, c=NoImporter, stopwatch=Stopwatch)
    working, broken = importers()
    assert [(plugin.name, plugin.reason.partition(" is no ")[0]) for plugin in broken] == [
        ("a", "ImportError: no module named 'x'"),
        ("b", "OSError: no licence"),
        ("c", f"TypeError: {NoImporter}"),
    ]
    assert "k6-json" in working
    assert detect(in_file(stopwatch_file)).name == "stopwatch"
    stopwatch_file.write_text("something else\n")
    with pytest.raises(FormatError, match=r"stopwatch \(broken: a, b, c\)$"):
        detect(in_file(stopwatch_file))


def test_a_broken_importer_cannot_be_chosen(register):
    register(b=Failing)
    with pytest.raises(UsageError, match=r"^importer 'b' cannot be loaded: OSError: no licence$"):
        importer_named("b")


def test_an_unknown_format_is_an_error_that_lists_all():
    with pytest.raises(UsageError, match=r"^'jmeter' is no format; expected one of: jmeter-csv, "):
        importer_named("jmeter")


def fixture_files(fixtures):
    """Return the files of tools: what lies in a bundle is ours."""
    found = sorted(path for path in fixtures.rglob("*") if path.is_file())
    tools = [path for path in found if path.parent.suffix != ".run"]
    return [p for p in tools if p.name != "SOURCE.md" and p.stat().st_size]


def test_no_importer_claims_the_fixture_of_another_tool(fixtures):
    files = fixture_files(fixtures)
    assert len(files) > 80
    for path in files:
        file = in_file(path)
        head = file.head()
        scores = {name: entry.match(head, file.name) for name, entry in importers()[0].items()}
        claims = {name: score for name, score in scores.items() if score is not Match.NO}
        folder = path.relative_to(fixtures).parts[0]
        tool = TOOL_OF_FOLDER.get(folder, folder)
        assert len(claims) == 1, (path, claims)
        assert next(iter(claims)).startswith(tool), (path, claims)


def test_fixtures_of_every_folder_belong_to_the_runs_that_group_runs_finds(fixtures):
    for folder in sorted({path.parent for path in fixture_files(fixtures)}):
        files = sorted(path for path in folder.iterdir() if path.is_file())
        sources, unknown = group_runs(files, timezone=UTC)
        used = [file.path for _, source in sources for file in source.files]
        # The log of a run that was aborted is empty, and the report beside it is none of a run.
        left = {path.name for path in unknown}
        assert left <= {"SOURCE.md", "pgbench_log.12372", "stderr.txt", "stdout.txt"}
        assert len(used) == len(set(used))
        assert set(used) | set(unknown) == set(files)


def test_a_mixed_folder_is_sorted_into_runs(fixtures, tmp_path):
    for name in (
        "jmeter/base.csv.jtl",
        "k6/base.json.gz",
        "locust/base_stats.csv",
        "locust/base_stats_history.csv",
        "locust/base_failures.csv",
        "locust/base_exceptions.csv",
        "locust/slow_stats.csv",
        "pgbench/rate/pgbench_log.12042",
        "pgbench/rate/pgbench_log.12042.1",
        "psutil/psrecord.txt",
        "jmeter/SOURCE.md",
    ):
        shutil.copy(fixtures / name, tmp_path)
    (tmp_path / "empty.log").touch()
    files = sorted(tmp_path.iterdir())
    sources, unknown = group_runs(files, timezone=UTC)
    found = {
        source.files[0].path.name: (importer.name, len(source.files))
        for importer, source in sources
    }
    assert found == {
        "base.csv.jtl": ("jmeter-csv", 1),
        "base.json.gz": ("k6-json", 1),
        "base_stats.csv": ("locust-csv", 4),
        "slow_stats.csv": ("locust-csv", 1),
        "pgbench_log.12042": ("pgbench-log", 2),
        "psrecord.txt": ("psrecord", 1),
    }
    assert sorted(path.name for path in unknown) == ["SOURCE.md", "empty.log"]


@pytest.mark.parametrize("name", ["stats", "stats_history", "failures", "exceptions"])
def test_any_companion_leads_to_the_whole_run(fixtures, name):
    path = fixtures / "locust" / f"base_{name}.csv"
    importer, source = find_source(
        path, label=f"some/where/base_{name}.csv", format_name=None, timezone=UTC
    )
    assert importer.name == "locust-csv"
    assert [file.label for file in source.files] == [
        f"some/where/base_{part}.csv"
        for part in ("stats", "stats_history", "failures", "exceptions")
    ]


def test_a_report_beside_its_log_leads_to_the_importer_of_the_log(fixtures):
    path = fixtures / "pgbench" / "rate" / "stdout.txt"
    importer, source = find_source(path, label="stdout.txt", format_name=None, timezone=UTC)
    assert importer.name == "pgbench-log"
    assert [file.label for file in source.files] == [
        "pgbench_log.12042",
        "pgbench_log.12042.1",
        "stdout.txt",
        "stderr.txt",
    ]


def test_a_compressed_companion_is_found(fixtures, tmp_path):
    for part in ("stats", "stats_history"):
        data = (fixtures / "locust" / f"base_{part}.csv").read_bytes()
        (tmp_path / f"base_{part}.csv.gz").write_bytes(gzip.compress(data))
    path = tmp_path / "base_stats.csv.gz"
    _, source = find_source(path, label=str(path), format_name=None, timezone=UTC)
    assert [file.path.name for file in source.files] == [
        "base_stats.csv.gz",
        "base_stats_history.csv.gz",
    ]
