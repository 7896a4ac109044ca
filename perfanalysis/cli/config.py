"""The configuration file: found, checked, and turned into defaults of options."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from perfanalysis.errors import ConfigError

FILE_NAMES = ("perfanalysis.yml", "perfanalysis.yaml")
PROJECT_FILE = "pyproject.toml"


def defaults_from_config(path: str | None) -> dict[str, dict[str, Any]]:
    """Return click's default map: options by command.

    Args:
        path: the file, or None to look in the working folder.

    Raises:
        ConfigError: the file cannot be read, or a key or value is wrong.
    """
    found = _find(path)
    if found is None:
        return {}
    file, content = found
    config = _validate(file, content)
    given = config.model_fields_set
    reading = {
        "timezone": config.timezone if "timezone" in given else None,
        "max_bad_rows": str(config.max_bad_rows) if "max_bad_rows" in given else None,
        "store": config.baselines,
    }
    language = {"lang": config.lang if "lang" in given else None}
    judging = _judging(config)
    gating = {
        "budgets": _budgets(config),
        "strict": config.strict if "strict" in given else None,
    }
    comparing = {
        **judging,
        **gating,
        "calibration": config.calibration,
        "force": config.force if "force" in given else None,
        "gate_drift": config.gate_drift if "gate_drift" in given else None,
    }
    whole = {**reading, **comparing, **language}
    maps: dict[str, dict[str, Any]] = {
        "check": {**reading, **gating, **language},
        "baseline": _baselines({**reading, "budgets": gating["budgets"]}, judging),
        "calibrate": {**reading, **judging},
        **dict.fromkeys(("export", "import", "record"), reading),
        "summary": {**reading, **language},
        "notify": _notifying(config),
        "report": whole,
        "compare": whole,
        "comment": _commenting(config),
        "trend": _history(whole),
    }
    return _given(maps)


def _given(maps: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the options by command without those that are not in the file."""
    return {
        command: {key: value for key, value in options.items() if value is not None}
        for command, options in maps.items()
    }


def _history(comparing: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a comparison that a history of runs has too."""
    foreign = ("noise", "budgets", "calibration", "gate_drift")
    return {key: value for key, value in comparing.items() if key not in foreign}


def _judging(config: Any) -> dict[str, Any]:  # noqa: ANN401  (Config, loaded late)
    """Return the options that say what counts as a change; None for what was not given."""
    given = config.model_fields_set
    return {
        "tolerance": str(config.tolerance) if "tolerance" in given else None,
        "error_rate_tolerance": str(config.error_rate_tolerance)
        if "error_rate_tolerance" in given
        else None,
        "alpha": config.alpha if "alpha" in given else None,
        "noise": f"{config.noise.center},{config.noise.tail}" if "noise" in given else None,
        "warmup": str(config.warmup) if "warmup" in given else None,
        "metrics": config.metrics if "metrics" in given else None,
    }


def _budgets(config: Any) -> list[str] | None:  # noqa: ANN401  (Config, loaded late)
    """Return the budget files, of which there may be one or several."""
    return [config.budget] if isinstance(config.budget, str) else list(config.budget) or None


def _baselines(saving: dict[str, Any], judging: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the options of each command about baselines, as far as they were given."""
    store = {"store": saving["store"]}
    maps = {
        "save": saving,
        "accept": {**saving, **judging},
        "list": store,
        "show": {**store, **judging},
        "remove": store,
    }
    return _given(maps)


def _commenting(config: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401  (Config, loaded late)
    """Return the options of each place for comments, as far as they were given."""
    given = config.model_fields_set
    options = {key: getattr(config, key) for key in ("strict", "lang") if key in given}
    return dict.fromkeys(("file", "github", "gitlab"), options)


def _notifying(config: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401  (Config, loaded late)
    """Return the options of each receiver of notifications, as far as they were given."""
    given = config.notify.model_fields_set
    shared = {"when": config.notify.when} if "when" in given else {}
    recipients = {"recipients": config.notify.to} if "to" in given else {}
    return {"slack": shared, "webhook": shared, "email": {**shared, **recipients}}


def _find(path: str | None) -> tuple[Path, dict[str, Any]] | None:
    if path is not None:
        return Path(path), _read(Path(path))
    for name in FILE_NAMES:
        if Path(name).is_file():
            return Path(name), _read(Path(name))
    project = Path(PROJECT_FILE)
    if project.is_file() and "tool.perfanalysis" in project.read_text(encoding="utf-8"):
        return project, _read(project)
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: cannot be read: {exc}") from exc
    content = _read_toml(path, text) if path.suffix == ".toml" else _read_yaml(path, text)
    if not isinstance(content, dict):
        raise ConfigError(f"{path}:1: expected keys and values, found {type(content).__name__}")
    return content


def _read_toml(path: Path, text: str) -> Any:  # noqa: ANN401  (whatever the file holds)
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path}: expected TOML: {exc}") from exc
    if path.name == PROJECT_FILE:
        return document.get("tool", {}).get("perfanalysis", {})
    return document


def _read_yaml(path: Path, text: str) -> Any:  # noqa: ANN401  (whatever the file holds)
    import yaml

    try:
        return yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise ConfigError(f"{path}:{line}: expected YAML: {exc.problem}") from exc


def _validate(file: Path, content: dict[str, Any]) -> Any:  # noqa: ANN401  (Config, loaded late)
    import pydantic

    from perfanalysis.model.config import Config

    try:
        return Config.model_validate(content)
    except pydantic.ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            close = get_close_matches(key, Config.model_fields, n=1, cutoff=0.5)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            known = ", ".join(Config.model_fields)
            raise ConfigError(f"{file}: {key!r} is no key{hint}", hint=f"keys: {known}") from exc
        raise ConfigError(
            f"{file}: {key}: {first['msg'].lower()}, found {first['input']!r}"
        ) from exc
