"""Figures show themselves in a notebook."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from perfanalysis.reports.plots.figure import PlotFigure, one_panel, stacked_panels


def pixels(png):
    return mpl.image.imread(io.BytesIO(png))


def test_a_figure_shows_itself_at_twice_the_resolution_of_its_size():
    figure = PlotFigure(figsize=(4, 2))
    png, size = figure._repr_png_()
    assert isinstance(figure, Figure)
    assert size == {"width": 4 * round(figure.dpi), "height": 2 * round(figure.dpi)}
    assert pixels(png).shape[:2] == (2 * size["height"], 2 * size["width"])


def test_the_ground_is_white_whatever_the_notebook():
    axes = one_panel(None)
    axes.plot([1, 2])
    shown = pixels(axes.figure._repr_png_()[0])
    assert np.all(shown[0, 0] == 1)
    assert len(np.unique(shown.reshape(-1, shown.shape[-1]), axis=0)) > 10


def test_a_transparent_ground_stays_transparent():
    with mpl.rc_context({"figure.facecolor": "none"}):
        axes = one_panel(None)
    assert pixels(axes.figure._repr_png_()[0])[0, 0, 3] == 0


def test_equal_figures_give_equal_pictures():
    figures = [one_panel(None).figure for _ in range(2)]
    assert figures[0]._repr_png_() == figures[1]._repr_png_()


def test_panels_below_each_other_share_their_horizontal_axis():
    first, second = stacked_panels(2)
    second.set_xlim(3, 4)
    assert first.get_xlim() == (3, 4)
    assert first.figure.get_figheight() > one_panel(None).figure.get_figheight()
