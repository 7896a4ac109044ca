"""Where tools put their results: read from command lines, found on disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from perfanalysis.api.arguments import ReadOptions
from perfanalysis.api.tool_outputs import (
    FilesBefore,
    expected_folders,
    find_results,
    refuse_appending,
    stated_outputs,
)
from perfanalysis.errors import InputError, UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words(paths):
    return [str(path) for path in paths]


@pytest.mark.parametrize(
    ("command", "tool", "files", "prefixes", "streams"),
    [
        ("k6 run --out json=o.json.gz s.js", "k6", ["o.json.gz"], [], []),
        ("k6 run --out=csv=o.csv s.js", "k6", ["o.csv"], [], []),
        (
            "/opt/k6 run -o json=a.json --summary-export s.json x",
            "k6",
            ["a.json", "s.json"],
            [],
            [],
        ),
        ("k6 run --out influxdb=http://h/db s.js", "k6", [], [], []),
        ("docker run -i grafana/k6:0.54.0 run -o json=o.json -", "k6", ["o.json"], [], []),
        ("sh -c 'cd x && k6 run --out json=o.json s.js'", "k6", ["o.json"], [], []),
        ("./jmeter.sh -n -t p.jmx -l out/r.jtl -e -o report", "jmeter", ["out/r.jtl"], [], []),
        ("jmeter -n --testfile p.jmx --logfile=r.jtl", "jmeter", ["r.jtl"], [], []),
        ("locust --headless --csv res/base -u 5", "locust", [], ["res/base_"], []),
        ("python -m locust --csv=b --json-file j.json", "locust", ["j.json"], ["b_"], []),
        ("locust --headless --json", "locust", [], [], ["stdout"]),
        ("pgbench -T 5 shop", "pgbench", [], [], ["stdout", "stderr"]),
        ("pgbench -l -T 5 shop", "pgbench", [], ["pgbench_log."], ["stdout", "stderr"]),
        ("pgbench -nl --log-prefix=a/b x", "pgbench", [], ["a/b."], ["stdout", "stderr"]),
        ("timeout 9 pgbench --log --log-prefix p x", "pgbench", [], ["p."], ["stdout", "stderr"]),
        ("wrk -t2 http://h/", None, [], [], []),
        ("node k6.js -l x", None, [], [], []),
    ],
)
def test_command_lines(command, tool, files, prefixes, streams):
    import shlex

    outputs = stated_outputs(shlex.split(command), {})
    assert outputs.tool == tool
    assert words(outputs.files) == files
    assert list(outputs.prefixes) == prefixes
    assert list(outputs.streams) == streams


def test_variables_of_the_tools_count_where_the_command_line_is_silent():
    variables = {"K6_OUT": "influxdb=x,json=o.json", "K6_SUMMARY_EXPORT": "s.json"}
    assert words(stated_outputs(["k6", "run"], variables).files) == ["o.json", "s.json"]
    assert words(stated_outputs(["k6", "-o", "json=a"], variables).files) == ["a", "s.json"]
    assert stated_outputs(["locust"], {"LOCUST_CSV": "base"}).prefixes == ("base_",)


@pytest.mark.parametrize("words", [["k6"], ["k6", "-o"], ["sh", "-c", "it's k6"], [], [""]])
def test_odd_command_lines_are_no_error(words):
    assert stated_outputs(words, {}).files == ()


def test_jmeter_must_not_add_to_the_results_of_an_earlier_run(folder):
    command = ["jmeter", "-n", "-t", "p.jmx", "-l", "r.jtl"]
    refuse_appending(stated_outputs(command, {}))
    (folder / "r.jtl").write_text("")
    refuse_appending(stated_outputs(command, {}))
    (folder / "r.jtl").write_text("timeStamp,elapsed\n")
    with pytest.raises(UsageError, match="holds the results of an earlier run"):
        refuse_appending(stated_outputs(command, {}))
    refuse_appending(stated_outputs([*command, "-f"], {}))


class Looking:
    """A tool's run: what is put between the start and `found` is what it wrote."""

    def __init__(self, *command, globs=(), printed=(), options=None):
        self._outputs = stated_outputs(command, {})
        self._globs = list(globs)
        self._options = options or ReadOptions()
        self._printed = [Path(path) for path in printed]
        self._before = FilesBefore(expected_folders(self._outputs, self._globs))

    def found(self):
        sources = find_results(
            self._outputs,
            self._globs,
            before=self._before,
            printed=self._printed,
            options=self._options,
        )
        return [
            (importer.name, [file.path.name for file in source.files])
            for importer, source in sources
        ]


def put(source: Path, name: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, name)


def test_the_file_that_the_command_line_names(fixtures):
    tool = Looking("k6", "run", "--out", "json=out.json.gz")
    put(fixtures / "k6/base.json.gz", "out.json.gz")
    put(fixtures / "k6/slow.json.gz", "other.json.gz")
    assert tool.found() == [("k6-json", ["out.json.gz"])]


def test_single_requests_are_preferred_to_totals(fixtures):
    tool = Looking("k6", "run", "--summary-export=s.json", "--out", "json=o.json.gz")
    put(fixtures / "k6/base.summary.json", "s.json")
    put(fixtures / "k6/base.json.gz", "o.json.gz")
    assert tool.found() == [("k6-json", ["o.json.gz"])]


def test_totals_are_better_than_nothing(fixtures):
    tool = Looking("k6", "run", "--summary-export=s.json", "--out", "json=o.json.gz")
    put(fixtures / "k6/base.summary.json", "s.json")
    assert tool.found() == [("k6-summary", ["s.json"])]


def test_what_was_there_before_and_is_unchanged_is_no_result(fixtures):
    put(fixtures / "k6/base.json.gz", "out.json.gz")
    tool = Looking("k6", "run", "--out", "json=out.json.gz")
    with pytest.raises(InputError, match="wrote no results that could be imported"):
        tool.found()


def test_what_was_there_before_and_was_written_again_is(fixtures):
    put(fixtures / "k6/base.json.gz", "out.json.gz")
    os.utime("out.json.gz", (1, 1))
    tool = Looking("k6", "run", "--out", "json=out.json.gz")
    put(fixtures / "k6/base.json.gz", "out.json.gz")
    assert tool.found() == [("k6-json", ["out.json.gz"])]


def test_all_files_of_a_prefix(fixtures):
    tool = Looking("locust", "--csv", "results/base")
    for part in ("stats", "stats_history", "failures", "exceptions"):
        put(fixtures / f"locust/base_{part}.csv", f"results/base_{part}.csv")
    (found,) = tool.found()
    assert found[0] == "locust-csv"
    assert len(found[1]) == 4


def test_rows_of_locusts_listener_are_preferred_to_its_statistics(fixtures):
    tool = Looking("locust", "--csv", "base")
    put(fixtures / "locust/base_stats.csv", "base_stats.csv")
    put(fixtures / "locust/shop_requests.csv", "requests.1.csv")
    put(fixtures / "locust/shop_requests.csv", "requests.2.csv")
    assert tool.found() == [
        ("locust-requests", ["requests.1.csv"]),
        ("locust-requests", ["requests.2.csv"]),
    ]


def test_a_printed_report_belongs_to_the_logs(fixtures):
    Path("kept").mkdir()
    tool = Looking("pgbench", "-l", printed=["kept/stdout.txt", "kept/stderr.txt"])
    put(fixtures / "pgbench/rate/pgbench_log.12042", "pgbench_log.12042")
    put(fixtures / "pgbench/rate/pgbench_log.12042.1", "pgbench_log.12042.1")
    put(fixtures / "pgbench/rate/stdout.txt", "kept/stdout.txt")
    put(fixtures / "pgbench/rate/stderr.txt", "kept/stderr.txt")
    (found,) = tool.found()
    assert found[0] == "pgbench-log"
    assert found[1][:3] == ["pgbench_log.12042", "pgbench_log.12042.1", "stdout.txt"]


def test_a_printed_report_alone_is_a_result(fixtures):
    Path("kept").mkdir()
    tool = Looking("pgbench", "-T", "5", printed=["kept/stdout.txt", "kept/stderr.txt"])
    put(fixtures / "pgbench/base/stdout.txt", "kept/stdout.txt")
    Path("kept/stderr.txt").write_text("")
    (found,) = tool.found()
    assert found[0] == "pgbench-report"


def test_of_an_unknown_tool_what_appears_is_looked_at(fixtures):
    tool = Looking("./load-test", "--fast")
    put(fixtures / "jmeter/base.csv.jtl", "results.jtl")
    put(fixtures / "psutil/base.json", "samples.json")  # a monitor's
    Path("log.txt").write_text("it went well\n")
    Path("empty.json").touch()
    assert tool.found() == [("jmeter-csv", ["results.jtl"])]


def test_results_of_several_runs_are_not_mixed(fixtures):
    tool = Looking("./load-test")
    put(fixtures / "jmeter/base.csv.jtl", "a.jtl")
    put(fixtures / "jmeter/slow.csv.jtl", "b.jtl")
    with pytest.raises(InputError, match=r"several runs: a\.jtl, b\.jtl") as caught:
        tool.found()
    assert "--output" in caught.value.hint


def test_globs_say_which(fixtures):
    tool = Looking("./load-test", globs=["out/*/b*.jtl"])
    put(fixtures / "jmeter/base.csv.jtl", "out/1/a.jtl")
    put(fixtures / "jmeter/slow.csv.jtl", "out/1/b.jtl")
    assert tool.found() == [("jmeter-csv", ["b.jtl"])]


def test_globs_may_be_absolute(fixtures, folder):
    tool = Looking("./load-test", globs=[str(folder / "*.jtl")])
    put(fixtures / "jmeter/slow.csv.jtl", "b.jtl")
    assert tool.found() == [("jmeter-csv", ["b.jtl"])]


def test_globs_that_match_old_files_only_match_nothing(fixtures):
    put(fixtures / "jmeter/base.csv.jtl", "out/a.jtl")
    tool = Looking("./load-test", globs=["out/*.jtl"])
    with pytest.raises(InputError, match=r"a\.jtl was there before and is unchanged"):
        tool.found()


def test_globs_that_match_something_else_are_refused():
    tool = Looking("./load-test", globs=["*.txt"])
    Path("log.txt").write_text("it went well\n")
    with pytest.raises(InputError, match=r"log\.txt: expected the results of a known tool"):
        tool.found()


def test_a_format_that_is_named_is_believed(fixtures):
    options = ReadOptions(format_name="jmeter-csv")
    tool = Looking("./load-test", globs=["*.jtl"], options=options)
    put(fixtures / "jmeter/base.semicolon-noheader.jtl", "b.jtl")
    assert tool.found() == [("jmeter-csv", ["b.jtl"])]
