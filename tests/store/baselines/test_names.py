"""Names of baselines can neither leave the store nor hide in it."""

from __future__ import annotations

import pytest

from perfanalysis.errors import UsageError
from perfanalysis.store.baselines.names import checked_name, is_name, parse_reference


@pytest.mark.parametrize(
    "name", ["m", "main", "main/staging", "a/b/c/d", "release-1.2", "nightly+arm", "größe"]
)
def test_plain_names_are_accepted(name):
    assert checked_name(name) == name
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../main",
        "main/../../etc",
        "main/",
        "/main",
        "main//staging",
        "a/b/c/d/e",
        ".hidden",
        "main/.work",
        "a\\b",
        "~",
        "main\n",
        "main ",
        "nul\0",
        "x" * 101,
        "5eed.run",
        "main/3f2a9c51b07de846.RUN",
        "baseline.json",
        "s3://bucket/main",
        "main#anchor",
    ],
)
def test_names_that_could_leave_the_store_or_meet_its_files_are_refused(name):
    assert not is_name(name)
    with pytest.raises(UsageError, match="is no name of a baseline") as caught:
        checked_name(name)
    assert "main/staging" in caught.value.hint


def test_a_reference_names_the_recent_runs_or_the_anchor():
    assert parse_reference("@main/staging").role == "recent"
    assert parse_reference("@main/staging").name == "main/staging"
    assert parse_reference("@main#anchor").role == "anchor"


@pytest.mark.parametrize("argument", ["@main#", "@main#anchors", "@main#anchor#anchor"])
def test_another_word_behind_the_name_is_an_error_that_says_which_there_are(argument):
    with pytest.raises(UsageError, match="expected '#anchor' behind the name") as caught:
        parse_reference(argument)
    assert "@main#anchor its fixed anchor" in caught.value.hint


def test_a_reference_without_a_name_is_an_error():
    with pytest.raises(UsageError, match="is no name of a baseline"):
        parse_reference("@")
