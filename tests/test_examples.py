"""The examples run: against the shop that lies beside them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perfanalysis.cli.main import ExitCode, run

pytest.importorskip("uvicorn")
pytest.importorskip("re2")

JOURNEY = Path(__file__).parent.parent / "examples" / "journey"
FILES = sorted(path for path in JOURNEY.iterdir() if path.suffix in (".yml", ".py"))
TESTS = [path for path in FILES if path.name != "shop.py"]
_PAUSE = re.compile(r"think: (\d+) s - (\d+) s")


@pytest.fixture
def shop() -> Iterator[Callable[..., str]]:
    """Start shops: `shop("--delay", "search=30")` returns where it listens."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> str:
        command = [sys.executable, str(JOURNEY / "shop.py"), "--port", "0", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        return url

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.communicate(timeout=20)


@pytest.fixture
def hurried(tmp_path) -> Path:
    """The journey with think times of milliseconds instead of seconds."""
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        text = _PAUSE.sub(r"think: \g<1>0 ms - \g<2>0 ms", text)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    (tmp_path / "users.csv").write_bytes((JOURNEY / "users.csv").read_bytes())
    return tmp_path


@pytest.fixture
def cli(monkeypatch, capfd):
    def call(*words: object) -> tuple[int, str]:
        arguments = [str(word) for word in words]
        monkeypatch.setattr("sys.argv", ["perfanalysis", *arguments])
        code = run(arguments)
        printed = capfd.readouterr()
        return code, printed.out + printed.err

    return call


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_every_example_can_be_read(path, cli):
    assert len(TESTS) == 9
    code, shown = cli("generate", path, "--dry-run")
    assert code == ExitCode.PASS, shown
    assert "127.0.0.1                loopback or private: yours" in shown


@pytest.mark.slow
def test_a_delay_of_the_shop_is_found_by_comparing_two_runs_of_the_journey(shop, hurried, cli):
    for name, options in (("baseline", ()), ("current", ("--delay", "search=30"))):
        words = ["--target", shop(*options), "--load", "smoke", "--vus", "8", "--duration", "6 s"]
        code, shown = cli(
            "generate", hurried / "journey.yml", "-o", hurried / f"{name}.run", *words
        )
        assert code == ExitCode.PASS, shown
        for check in ("login status is 200", "detail is of the product", "item added to cart"):
            assert re.search(rf"{check} +\d+ +0\n", shown), shown
    code, shown = cli("compare", hurried / "current.run", hurried / "baseline.run")
    assert code == ExitCode.GATE_FAILED, shown
    assert shown.startswith("regressed: search latency.p10 rose ")
    assert re.search(r"^search +latency\.p50 .* regressed, critical", shown, re.MULTILINE)


@pytest.mark.slow
def test_the_journey_in_python_asks_the_same(shop, hurried, cli, monkeypatch):
    text = (hurried / "journey.py").read_text(encoding="utf-8")
    hasty = re.sub(r"rng\.uniform\((\d), (\d)\)", r"rng.uniform(0.0\1, 0.0\2)", text)
    (hurried / "hasty.py").write_text(hasty.replace("random.uniform(1, 3)", "random.uniform(0, 0)"))
    monkeypatch.setenv("BASE_URL", shop())
    words = ["--load", "smoke", "--vus", "4", "--duration", "3 s"]
    code, shown = cli("generate", hurried / "hasty.py", "-o", hurried / "a.run", *words)
    assert code == ExitCode.PASS, shown
    for name in ("login", "search", "detail", "browse", "journey", "purchase"):
        assert re.search(rf"^{name}\b", shown, re.MULTILINE), shown


@pytest.mark.slow
def test_the_shared_editing_holds_websockets_open(shop, hurried, cli):
    (hurried / "few.yml").write_text(
        "extends: websocket.yml\nload: {vus: 20, duration: 2 s, graceful_stop: 500 ms}\n"
    )
    code, shown = cli("generate", hurried / "few.yml", "-o", hurried / "a.run", "--target", shop())
    assert code == ExitCode.PASS, shown
    for name in ("ws connect", "ws hello", "ws edit"):
        assert re.search(rf"^{name}\b.* 0 %", shown, re.MULTILINE), shown
