"""The file of `--rules`: what a change of single metrics and names means."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import pydantic

from perfanalysis.errors import ConfigError
from perfanalysis.model.baseline import MetricRule, RulesFile

_MOST_BYTES = 1 << 20


def read_rules(path: str | Path) -> tuple[MetricRule, ...]:
    """Return the rules that a YAML file holds under `metrics`.

    Raises:
        ConfigError: the file cannot be read, or a key or value is wrong.
    """
    import yaml

    file = Path(path)
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"{file}: cannot be read: {exc.strerror}") from exc
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"{file}: expected rules, found more than 1 MiB")
    try:
        document = yaml.safe_load(content)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise ConfigError(f"{file}:{line}: expected YAML: {exc.problem}") from exc
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as exc:
        raise ConfigError(f"{file}: expected YAML: {type(exc).__name__}") from exc
    try:
        return RulesFile.model_validate(document).metrics
    except pydantic.ValidationError as exc:
        raise _explained(file, exc) from exc


def _explained(file: Path, exc: pydantic.ValidationError) -> ConfigError:
    errors = exc.errors()
    # A misspelt key is missing too: what it is called says more.
    first = next((error for error in errors if error["type"] == "extra_forbidden"), errors[0])
    where = ".".join(str(part) for part in first["loc"]) or "the document"
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        known = list(MetricRule.model_fields if len(first["loc"]) > 1 else RulesFile.model_fields)
        close = get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        return ConfigError(f"{file}: {where}: is no key{hint}", hint=f"keys: {', '.join(known)}")
    reason = first["msg"].removeprefix("Value error, ")
    return ConfigError(
        f"{file}: {where}: {reason[:1].lower()}{reason[1:]}",
        hint="expected metrics: [{metric: latency.p99, name: 'api/*', tolerance: 10 %}]",
    )
