"""The loop of a usual analysis script: json.loads for every line, the points of one metric."""

import json
import sys

with open(sys.argv[1]) as lines:
    points = [json.loads(line) for line in lines]
durations = [
    point["data"]["value"]
    for point in points
    if point.get("metric") == "http_req_duration" and point["type"] == "Point"
]
print(len(durations))
