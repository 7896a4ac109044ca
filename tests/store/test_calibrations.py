"""Calibrations on disk: whole or not there, and never outside their folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perfanalysis.errors import InputError, UsageError
from perfanalysis.model.calibration import Calibration, MeasuredNoise
from perfanalysis.store.baselines.local_place import LocalPlace
from perfanalysis.store.calibrations import (
    calibration_beside,
    calibration_file,
    read_calibration,
    stored_calibration,
    write_calibration,
)

NOISE = MeasuredNoise(
    name="GET /检索?q=a|b",
    metric="latency.p95",
    sd=0.031,
    df=9.0,
    within_share=0.25,
    tolerance=0.1,
)


@pytest.fixture
def calibration():
    return Calibration(
        runs=("base-1", "base-2"),
        first_started_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        noise=(NOISE,),
    )


@pytest.fixture
def place(tmp_path):
    return LocalPlace(tmp_path / "baselines")


def test_what_is_written_is_read_again(calibration, place):
    assert write_calibration(calibration, "shop", place) == (
        f"{place.location}/shop.calibration.json"
    )
    assert stored_calibration("shop", place) == calibration
    assert read_calibration(place.folder / "shop.calibration.json") == calibration


def test_what_was_never_written_is_none(place):
    assert stored_calibration("shop", place) is None


def test_the_file_is_json_that_says_what_it_is(calibration, place):
    path = Path(write_calibration(calibration, "shop", place))
    document = json.loads(path.read_text(encoding="utf-8"))
    assert list(document) == ["schema", "schema_version", "runs", "first_started_at", "noise"]
    assert (document["schema"], document["schema_version"]) == ("perfanalysis.calibration", 1)
    assert document["noise"][0] == {
        "name": "GET /检索?q=a|b",
        "metric": "latency.p95",
        "sd": 0.031,
        "df": 9.0,
        "within_share": 0.25,
        "tolerance": 0.1,
    }


def test_an_older_one_is_replaced_and_nothing_else_stays(calibration, place):
    write_calibration(calibration, "shop", place)
    newer = calibration.model_copy(update={"runs": ("new-1",)})
    path = Path(write_calibration(newer, "shop", place))
    assert read_calibration(path).runs == ("new-1",)
    assert [file.name for file in place.folder.iterdir()] == ["shop.calibration.json"]


def test_others_may_read_what_is_stored(calibration, place):
    path = Path(write_calibration(calibration, "shop", place))
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_the_older_one_whole(calibration, place, monkeypatch):
    write_calibration(calibration, "shop", place)

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    newer = calibration.model_copy(update={"runs": ("new-1",)})
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        write_calibration(newer, "shop", place)
    assert stored_calibration("shop", place) == calibration
    assert [file.name for file in place.folder.iterdir()] == ["shop.calibration.json"]


def test_a_folder_that_is_a_file_is_an_error(calibration, place):
    place.folder.write_text("")
    with pytest.raises(UsageError, match=r"shop\.calibration\.json: cannot be written"):
        write_calibration(calibration, "shop", place)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../shop",
        "a\\b",
        "/etc/passwd",
        ".hidden",
        "a..b",
        "shop\n",
        "shop ",
        "~",
        "nul\0",
        "x" * 101,
    ],
)
def test_a_name_that_could_leave_the_folder_is_refused(name):
    with pytest.raises(UsageError, match="is no name of a baseline"):
        calibration_file(name)


@pytest.mark.parametrize(
    "name", ["s", "shop", "Shop_2", "nightly+arm", "größe", "x" * 100, "main/staging"]
)
def test_a_plain_name_is_accepted(name):
    assert calibration_file(name) == f"{name}.calibration.json"


def test_a_bundle_has_its_calibration_beside_it():
    assert calibration_beside(Path("b/shop.run")) == Path("b/shop.calibration.json")
    assert calibration_beside(Path("b/shop")) == Path("b/shop.calibration.json")


def test_a_missing_file_is_an_error_that_says_how_to_make_one(tmp_path):
    with pytest.raises(UsageError, match="no such calibration") as caught:
        read_calibration(tmp_path / "shop.calibration.json")
    assert "calibrate" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the document: Invalid JSON"),
        ("[1, 2", "the document: Invalid JSON"),
        ("[]", "the document: Input should be an object"),
        ("[" * 100_000, "the document: Invalid JSON"),
        ('{"runs": ["a"]}', "noise: Field required"),
        ('{"schema": "perfanalysis.run", "runs": [], "noise": []}', "schema: Input should be"),
        ('{"schema_version": 2, "runs": [], "noise": []}', "newer perfanalysis"),
        ('{"runs": [], "noise": [], "extra": 1}', "extra: Extra inputs"),
        (
            '{"runs": [], "noise": [{"name": "a", "metric": "b", "sd": -1, "df": 9}]}',
            "noise.0.sd: Input should be greater than or equal to 0",
        ),
        (
            '{"runs": [], "noise": [{"name": "a", "metric": "b", "sd": 1, "df": 0}]}',
            "noise.0.df: Input should be greater than 0",
        ),
        (
            '{"runs": [], "noise": [{"name": "a", "metric": "b", "sd": NaN, "df": 9}]}',
            "noise.0.sd: Input should be a finite number",
        ),
    ],
)
def test_a_damaged_file_is_an_error_that_names_the_place(tmp_path, content, message):
    path = tmp_path / "shop.calibration.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_calibration(path)
    assert str(path) in caught.value.message
    assert message in caught.value.message


def test_bytes_that_are_no_text_are_an_error(tmp_path):
    path = tmp_path / "shop.calibration.json"
    path.write_bytes(b'{"runs": ["\xff"], "noise": []}')
    with pytest.raises(InputError, match=r"shop\.calibration\.json"):
        read_calibration(path)
