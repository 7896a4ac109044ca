"""A small runner of composite actions: every `run` step in a real shell, as GitHub would.

    ended = Runner(Path("action.yml"), folder, {"current": "run.json"}, environ).run()

Actions that steps use are noted, not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_PYTHON = """\
#!/bin/sh
# Stands for the Python that was set up: makes an environment without asking any index.
[ "$1 $2" = "-m venv" ] || exit 64
mkdir -p "$3/bin"
ln -sf "{command}" "$3/bin/perfanalysis"
cat >"$3/bin/python" <<'EOF'
#!/bin/sh
if [ "$1 $2" = "-m pip" ]; then printf '%s\\n' "$@" >"{folder}/pip.txt"; exit 0; fi
exec "{python}" "$@"
EOF
chmod +x "$3/bin/python"
"""


@dataclass(kw_only=True)
class Ended:
    """How an action ended: exit code of the step that failed or 0, what was printed, outputs."""

    code: int
    log: str
    outputs: dict[str, str]
    used: list[dict[str, Any]] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    summary: str = ""


class Runner:
    """One use of an action, with inputs, in a folder of its own."""

    def __init__(
        self, action: Path, folder: Path, inputs: dict[str, str], environ: dict[str, str]
    ) -> None:
        self.action = yaml.safe_load(action.read_text(encoding="utf-8"))
        self.path = action.parent
        self.folder = folder
        declared = self.action["inputs"]
        unknown = set(inputs) - set(declared)
        assert not unknown, f"the action has no input {unknown}"
        missing = {name for name, i in declared.items() if i.get("required")} - set(inputs)
        assert not missing, f"required inputs are missing: {missing}"
        self.steps: dict[str, dict[str, str]] = {}
        self.environ = environ
        # What a user writes is a value already; defaults may be expressions.
        self.inputs = {
            name: inputs[name] if name in inputs else self._evaluated(entry.get("default", ""))
            for name, entry in declared.items()
        }

    def run(self) -> Ended:
        """Run the steps until one fails."""
        temporary = self.folder / "temporary"
        temporary.mkdir()
        ended = Ended(code=0, log="", outputs={})
        for step in self.action["runs"]["steps"]:
            if not self._is_due(step):
                continue
            ended.ran.append(step["id"])
            if "uses" in step:
                given = {key: self._evaluated(value) for key, value in step["with"].items()}
                ended.used.append({"uses": step["uses"]} | given)
                self.steps[step["id"]] = self._outputs_of_use(step)
                continue
            done = self._run_step(step, temporary)
            ended.log += done.stdout
            if done.returncode:
                ended.code = done.returncode
                break
        summary = self.folder / "summary.md"
        ended.summary = summary.read_text(encoding="utf-8") if summary.exists() else ""
        ended.outputs = {
            name: self._evaluated(entry["value"]) for name, entry in self.action["outputs"].items()
        }
        return ended

    def _run_step(self, step: dict[str, Any], temporary: Path) -> subprocess.CompletedProcess[str]:
        script = self.folder / f"{step['id']}.sh"
        script.write_text(step["run"], encoding="utf-8")
        output = self.folder / f"{step['id']}.output"
        output.write_text("")
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "RUNNER_TEMP": str(temporary),
            "GITHUB_ACTION_PATH": str(self.path),
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
            **self.environ,
            **{name: self._evaluated(value) for name, value in step.get("env", {}).items()},
        }
        assert step["shell"] == "bash"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        self.steps[step["id"]] = parse_outputs(output.read_text(encoding="utf-8"))
        return done

    def _outputs_of_use(self, step: dict[str, Any]) -> dict[str, str]:
        if step["uses"].startswith("actions/setup-python@"):
            python = self.folder / "python"
            command = Path(sys.executable).with_name("perfanalysis")
            python.write_text(
                _PYTHON.format(command=command, python=sys.executable, folder=self.folder)
            )
            python.chmod(0o755)
            return {"python-path": str(python)}
        if step["uses"].startswith("actions/upload-artifact@"):
            return {"artifact-url": "https://github.example/shop/api/actions/artifacts/1"}
        raise AssertionError(f"unknown action {step['uses']}")

    def _is_due(self, step: dict[str, Any]) -> bool:
        """Evaluate conditions such as `a == 'b' && c != 'd'`."""
        for term in step.get("if", "'' == ''").split("&&"):
            found = re.fullmatch(r"\s*(\S+)\s*(==|!=)\s*(\S+)\s*", term)
            assert found, term
            equal = self._value(found[1]) == self._value(found[3])
            if equal != (found[2] == "=="):
                return False
        return True

    def _evaluated(self, text: object) -> str:
        if isinstance(text, bool):
            return str(text).lower()
        return _EXPRESSION.sub(lambda found: self._value(found[1]), str(text))

    def _value(self, expression: str) -> str:
        if expression.startswith("'"):
            return expression.strip("'")
        scope, *keys = expression.split(".")
        match scope, keys:
            case "inputs", [name]:
                return self.inputs[name]
            case "steps", [step, "outputs", name]:
                return self.steps.get(step, {}).get(name, "")
            case "github", ["token"]:
                return self.environ["GITHUB_TOKEN"]
        raise AssertionError(f"unknown expression {expression}")


def parse_outputs(text: str) -> dict[str, str]:
    """Return the outputs of a step's file, by the rules of the runner."""
    found = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals or "<<" in name:
            name, _, delimiter = line.partition("<<")
            assert delimiter, f"neither name=value nor name<<delimiter: {line!r}"
            block = []
            for inner in lines:
                if inner == delimiter:
                    break
                block.append(inner)
            value = "\n".join(block)
        found[name] = value
    return found
