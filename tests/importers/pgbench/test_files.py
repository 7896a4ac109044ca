"""Which files of a folder make one pgbench run."""

from __future__ import annotations

import pytest

from perfanalysis.importers.pgbench.files import run_files

RUN = ["pgbench_log.5332", "pgbench_log.5332.1", "pgbench_log.5332.2", "stderr.txt", "stdout.txt"]
IN_ORDER = ("pgbench_log.5332", "pgbench_log.5332.1", "pgbench_log.5332.2", "stdout.txt")


@pytest.mark.parametrize("name", RUN)
def test_every_file_of_a_run_leads_to_the_same_files(name):
    assert run_files(name, RUN) == (*IN_ORDER, "stderr.txt")


def test_threads_are_ordered_by_number_not_by_text():
    folder = ["log.7", "log.7.10", "log.7.2", "log.7.1"]
    assert run_files("log.7.10", folder) == ("log.7", "log.7.1", "log.7.2", "log.7.10")


def test_compressed_files_keep_their_real_names():
    folder = ["log.7.gz", "log.7.1.zst", "stdout.txt.gz"]
    assert run_files("stdout.txt.gz", folder) == ("log.7.gz", "log.7.1.zst", "stdout.txt.gz")


def test_a_log_that_lies_there_twice_is_read_once_and_as_it_was_asked_for():
    folder = ["log.7", "log.7.gz", "log.7.1"]
    assert run_files("log.7.gz", folder) == ("log.7.gz", "log.7.1")
    assert run_files("log.7.1", folder) == ("log.7", "log.7.1")


def test_texts_named_after_the_prefix_belong_to_its_only_run():
    folder = ["a.10", "a.stdout.txt", "a.stderr.txt", "b.20", "b.stdout.txt", "stdout.txt"]
    assert run_files("a.stderr.txt", folder) == ("a.10", "a.stdout.txt", "a.stderr.txt")
    assert run_files("b.20", folder) == ("b.20", "b.stdout.txt")
    assert run_files("stdout.txt", folder) == ("stdout.txt",)


def test_texts_of_an_ambiguous_prefix_belong_to_no_log():
    folder = ["a.10", "a.11", "a.11.1", "a.stdout.txt", "stdout.txt"]
    assert run_files("a.10", folder) == ("a.10",)
    assert run_files("a.11", folder) == ("a.11", "a.11.1")
    assert run_files("a.stdout.txt", folder) == ("a.stdout.txt",)


def test_texts_named_after_prefix_and_process_win():
    folder = ["a.10", "a.10.stdout.txt", "a.11", "a.11.stdout.txt"]
    assert run_files("a.11.stdout.txt", folder) == ("a.11", "a.11.stdout.txt")


def test_report_and_progress_are_one_run_without_a_log():
    folder = ["notes.md", "stderr.txt", "stdout.txt"]
    assert run_files("stderr.txt", folder) == ("stdout.txt", "stderr.txt")
    assert run_files("x.stdout.txt", ["x.stdout.txt", *folder]) == ("x.stdout.txt",)


def test_a_prefix_with_numbers_is_no_thread():
    folder = ["run.2.5332", "run.2.5332.1"]
    assert run_files("run.2.5332.1", folder) == ("run.2.5332", "run.2.5332.1")


def test_a_file_of_any_other_name_stands_alone():
    assert run_files("doc15_retries.log", ["doc15_retries.log", *RUN]) == ("doc15_retries.log",)
