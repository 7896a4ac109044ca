from __future__ import annotations

import numpy as np

from perfanalysis.importers.k6.points import Points, whole_requests

METRICS = ["http_req_failed", "http_req_duration", "vus"]


def points(metrics, *, time_us=0):
    return Points(
        time_us=np.full(len(metrics), time_us),
        metric=np.array([METRICS.index(name) for name in metrics]),
        value=np.arange(len(metrics), dtype=float),
        tags=np.zeros(len(metrics), np.int64),
        metrics=METRICS,
        tag_sets=[(("name", "home"),)],
    )


def sizes(*blocks):
    return [len(block) for block in whole_requests(blocks)]


def test_the_open_request_waits_for_the_next_block():
    request = ["http_req_failed", "http_req_duration"]
    assert sizes(points([*request, *request]), points(["vus"])) == [2, 2 + 1]


def test_a_block_that_ends_outside_a_request_is_passed_on_whole():
    assert sizes(points(["http_req_duration", "vus"]), points(["vus"])) == [2, 1]


def test_another_time_begins_another_request():
    first = points(["http_req_failed"])
    second = points(["http_req_duration"], time_us=1)
    assert sizes(first, second) == [1, 1]


def test_more_points_than_a_request_has_are_not_hoarded():
    endless = points(["http_req_failed", *["http_req_duration"] * 1000])
    assert sizes(endless, points(["vus"])) == [1001, 1]


def test_held_points_are_told_in_the_terms_of_the_next_block():
    first = points(["http_req_duration"])
    second = Points(
        time_us=np.zeros(1, np.int64),
        metric=np.zeros(1, np.int64),
        value=np.zeros(1),
        tags=np.zeros(1, np.int64),
        metrics=["http_req_blocked"],
        tag_sets=[(("name", "cart"),)],
    )
    joined = list(whole_requests([first, second]))
    told = [
        (block.metrics[metric], block.tag_sets[tags])
        for block in joined
        for metric, tags in zip(block.metric, block.tags, strict=True)
    ]
    assert told == [
        ("http_req_duration", (("name", "home"),)),
        ("http_req_blocked", (("name", "cart"),)),
    ]
