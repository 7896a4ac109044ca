#!/usr/bin/env bash
# A load test as a gate, in any pipeline.
#
#   pipeline.sh begin RUN...   once, by hand: the first accepted runs of the main branch
#   pipeline.sh judge RUN      on a pull or merge request: artefacts, comment, message; ends as the gate does
#   pipeline.sh accept RUN     on the main branch: the run joins the baseline, unless it is worse
#
# Variables: BASELINE (main), OUT (results), BUDGET (budget.yml, if there is one), REPORT_URL (none).
# Tokens and addresses: GITHUB_TOKEN or GITLAB_TOKEN for the comment, PERFANALYSIS_SLACK_WEBHOOK for the message.
set -euo pipefail

baseline=${BASELINE:-main}
out=${OUT:-results}
budget=${BUDGET:-$([ ! -e budget.yml ] || echo budget.yml)}
url=${REPORT_URL:-}

begin() {
  perfanalysis baseline save "$baseline" "$@" --reason "the first accepted runs"
}

judge() {
  mkdir -p "$out"
  local code=0
  perfanalysis compare "$1" "@$baseline" ${budget:+"--budget=$budget"} \
    --report "$out/report.html" \
    --write "json=$out/comparison.json" \
    --write "junit=$out/junit.xml" \
    --write "markdown=$out/comparison.md" || code=$?
  # 0 passed, 1 failed, 3 no verdict. Anything else is an error, of which there is nothing to tell.
  case $code in 0 | 1 | 3) ;; *) return "$code" ;; esac
  # Whether a comment could be written does not change what was measured.
  publish || echo "warning: the result could not be published" >&2
  return "$code"
}

publish() {
  local told=(--comparison "$out/comparison.json" ${url:+"--report-url=$url"})
  local failed=0
  if [ -n "${GITHUB_TOKEN:-}" ]; then perfanalysis comment github "${told[@]}" || failed=1; fi
  if [ -n "${GITLAB_TOKEN:-}" ]; then perfanalysis comment gitlab "${told[@]}" || failed=1; fi
  if [ -n "${PERFANALYSIS_SLACK_WEBHOOK:-}" ]; then perfanalysis notify slack "${told[@]}" || failed=1; fi
  return $failed
}

accept() {
  perfanalysis baseline accept "$baseline" "$1" ${budget:+"--budget=$budget"} --reason "merged"
}

case ${1:-} in
  begin | judge | accept)
    verb=$1
    shift
    if [ $# -eq 0 ]; then
      echo "expected a run: pipeline.sh $verb RUN" >&2
      exit 2
    fi
    "$verb" "$@"
    ;;
  *)
    echo "expected begin, judge or accept, found '${1:-}'" >&2
    exit 2
    ;;
esac
