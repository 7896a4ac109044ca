"""Start-up loads nothing that it does not need: counted in modules, not in milliseconds."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"babel", "numpy", "pandas", "pyarrow", "scipy", "duckdb", "matplotlib", "pydantic", "rich"}
START = "from perfanalysis.cli.main import run\n"


def modules_after(code):
    command = [sys.executable, "-c", f"import sys\n{code}\nprint(*sorted(sys.modules))"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_nothing_heavy():
    assert not HEAVY & modules_after("import perfanalysis")


def test_help_loads_nothing_heavy():
    assert not HEAVY & modules_after(f"{START}run(['--help'])")


def test_comparing_bundles_loads_neither_matplotlib_nor_duckdb_nor_jinja(tmp_path, fixtures):
    bundle, source = str(tmp_path / "a.run"), str(fixtures / "jmeter/base.csv.jtl")
    modules_after(f"{START}run(['import', {source!r}, '-o', {bundle!r}])")
    loaded = modules_after(f"{START}run(['compare', {bundle!r}, {bundle!r}])")
    assert "pyarrow" in loaded
    assert not {"matplotlib", "duckdb", "scipy.stats", "jinja2", "babel"} & loaded


def test_every_public_name_is_there_and_sorted():
    import perfanalysis

    assert perfanalysis.__all__ == sorted(perfanalysis.__all__)
    for name in perfanalysis.__all__:
        assert getattr(perfanalysis, name).__name__ == name
    assert set(perfanalysis.__all__) <= set(dir(perfanalysis))
