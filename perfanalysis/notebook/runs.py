"""Runs that show themselves as a card, plot themselves, and tell the units of their columns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from perfanalysis import api
from perfanalysis.notebook.plotting import RunPlots
from perfanalysis.store import bundle
from perfanalysis.store.baselines import stored_run

if TYPE_CHECKING:
    import pandas as pd

    from perfanalysis.api import ReadOptions
    from perfanalysis.api.verbs import RunLike, RunsLike
    from perfanalysis.model.views import RunView

_BYTES = ("bytes_sent", "bytes_received")


class Run(bundle.Run):
    """One execution of a test: shows itself as a card, and has plots."""

    def _repr_html_(self) -> str:
        from perfanalysis.reports.html.fragments import run_fragment

        return run_fragment(self.info, self.names)

    def _repr_markdown_(self) -> str:
        from perfanalysis.reports.run_card import run_markdown

        return run_markdown(self.info, self.names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What was exercised: the names of its requests, in order."""
        return request_names(self)

    @cached_property
    def view(self) -> RunView:
        """What plots draw: curves over time and over latency, made once."""
        from perfanalysis.analysis.views import view_run

        return view_run(self)

    @property
    def plot(self) -> RunPlots:
        """Plots of this run: `run.plot.ecdf()`, `.timeline()`, `.heatmap()`."""
        return RunPlots(self.info.name, lambda: self.view)

    @cached_property
    def requests(self) -> pd.DataFrame:
        """The requests as a DataFrame; text columns are categories, times are UTC.

        `requests.attrs["units"]` tells the unit of each column that has one.
        """
        frame = super().requests.astype(dict.fromkeys(_BYTES, "Int64"))
        milliseconds = [str(column) for column in frame.columns if str(column).endswith("_ms")]
        frame.attrs["units"] = dict.fromkeys(milliseconds, "ms") | dict.fromkeys(_BYTES, "bytes")
        return frame

    @cached_property
    def series(self) -> pd.DataFrame:
        """What is not requests, over time: one row per point, with `unit` and `labels`.

        Metrics, units and kinds are categories, times are UTC. `labels` is a dictionary.
        """
        frame: pd.DataFrame = self.series_table.to_pandas(
            strings_to_categorical=True, maps_as_pydicts="strict", split_blocks=True
        )
        return frame


class StoredRun(Run, stored_run.StoredRun):
    """A run of a stored baseline."""


def load(source: RunLike, options: ReadOptions | None = None) -> Run:
    """Return one run: a bundle, or a raw result file of any known format.

    A raw file is imported into the cache once; later loads of the same content are quick.

    Args:
        source: path of a bundle, a file, a prefix (`locust/base`), or a folder with one run.
        options: importer, time zone, tolerated bad rows; the defaults if None.

    Raises:
        UsageError: there is no such file, or it holds several runs.
        InputError: the file cannot be read; the message names file, line and reason.

    >>> load("fixtures/demo/base.json.xz").info.tool
    'k6'
    """
    return shown_run(api.load(source, options or api.ReadOptions()))


def load_runs(source: RunsLike, options: ReadOptions | None = None) -> list[Run]:
    """Return the runs of one side: a run, or a folder, glob or sequence of runs.

    Args:
        source: paths, or what `load` returned.
        options: importer, time zone, tolerated bad rows; the defaults if None.

    Raises:
        UsageError: there is no such file.
        InputError: a file cannot be read; the message names file, line and reason.

    >>> [run.info.name for run in load_runs("fixtures/demo/*.json.xz")]
    ['base', 'slow']
    """
    return [shown_run(run) for run in api.load_runs(source, options or api.ReadOptions())]


def shown_run(run: bundle.Run) -> Run:
    """Return the same run as one that shows itself; nothing is read again."""
    if isinstance(run, Run):
        return run
    kind = StoredRun if isinstance(run, stored_run.StoredRun) else Run
    made = kind.__new__(kind)
    made.__dict__.update(vars(run))
    return made


def request_names(run: bundle.Run) -> tuple[str, ...]:
    """Return the names of the requests of a run, in order; those of transactions are left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from perfanalysis.model.requests import Kind

    found: set[str] = set()
    for table in ("histograms", "intervals"):
        columns = run.table(table, ("name", "kind"))
        wanted = pc.equal(columns.column("kind").cast(pa.string()), Kind.REQUEST.value)
        names = columns.filter(wanted).column("name").cast(pa.string())
        found.update(pc.unique(names).to_pylist())
    return tuple(sorted(found))
