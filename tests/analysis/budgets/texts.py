"""Budget files: one in every form, and one of a single entry."""

CONTRACT = """\
# budget.yml: k6 expressions as they are, and the long form; both may stand in one file
budgets:
  - {metric: latency.p95, name: "api/*", limit: 500 ms}
  - {metric: latency.p99, name: "api/*", limit: 1000 ms, level: warn}
  - {metric: throughput, min: 100 /s}
  - {metric: error_rate, limit: 0.1 %}
  - {metric: system.cpu.mean, limit: 70 %}
  - {metric: latency.p95, change: "+10 %"}        # relative to the baseline
thresholds:                                        # k6's own words
  http_req_duration: ["p(95)<500", "p(99)<1000"]
  "http_req_duration{name:search}": ["p(95)<300"]
  http_req_failed: ["rate<0.1"]
responseTime: {api_endpoints: {p95: 500, p99: 1000}}
throughput: {api_endpoints: {min: 1000}}
errorRate: {max: 0.1}
resources: {cpu: {max: 70}, memory: {max: 80}, disk: {max: 85}}
"""


def entry(metric, limit, *, more=""):
    """A budget file of one entry: `entry("latency.p95", "limit: 5 ms", more=", name: a")`."""
    return f"budgets: [{{metric: {metric}, {limit}{more}}}]"
