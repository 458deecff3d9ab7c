"""What pictures show, read from their axes: residuals, maps, histograms, axes of a sweep, frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnspec.ir.experiment import Plot
from nnspec.report.canvas import COLOURS, COLUMN, mathtext, rendered
from nnspec.report.plots import default_plots, draw_plot, drawable
from nnspec.report.residuals import residuals
from nnspec.result.estimate import Estimate


def plot(word: str, **options) -> Plot:
    return Plot(name="p", word=word, options=tuple(options.items()))


def named(*estimates):
    return {each.name: each for each in estimates}


def estimate(name, value, stderr=None, dims=("x",), **more) -> Estimate:
    return Estimate(name=name, word="correlator", method="monte_carlo", value=np.asarray(value), dims=dims,
                    stderr=stderr, **more)  # fmt: skip


# ---------------------------------------------------------------- how far results are apart
def test_residuals_of_independent_results():
    a = estimate("a", [1.0, 2.0, 3.0], np.array([0.3, 0.4, 0.0]))
    b = estimate("b", [0.5, 2.0, 1.0], np.array([0.4, 0.3, 0.0]))
    np.testing.assert_allclose(residuals(a, b), [1.0, 0.0, np.nan])


def test_residuals_of_results_of_the_same_draws_know_that_they_are_correlated():
    """b = a + 1 in every block but for noise a hundred times smaller: the difference is known far better than either."""
    rng = np.random.default_rng(3)
    draws = rng.normal(size=(64, 5))
    noise = 0.01 * rng.normal(size=(64, 5))

    def of(name, blocks):
        left_out = (blocks.sum(axis=0) - blocks) / 63
        return estimate(name, blocks.mean(axis=0), blocks.std(axis=0, ddof=1) / 8, blocks=left_out, draws=640)

    a, b = of("a", draws), of("b", draws + 1 + noise)
    expected = (a.value - b.value) / (noise.std(axis=0, ddof=1) / 8)
    np.testing.assert_allclose(residuals(a, b), expected, rtol=1e-9)
    assert np.all(np.abs(residuals(a, b)) > 50 * np.abs(residuals(a, replace(b, blocks=None))))


def test_residuals_stand_below_the_lines(cosnet_results):
    sampled, exact, _ = cosnet_results
    canvas = draw_plot(plot("lines", x="r", y=("G2", "Gfree"), residuals=("Gfree",)), named(sampled, exact), {})
    above, below = canvas.axes
    (points,) = [line for line in below.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(points.get_ydata(), (sampled.value - exact.value) / sampled.stderr)
    assert points.get_color() == COLOURS[0], "the colour of its curve"
    assert below.get_ylabel() == r"$\Delta/\sigma$"
    assert (above.get_xlabel(), below.get_xlabel()) == ("", "$r$")
    low, high = below.get_ylim()
    assert low == -high
    assert high >= np.max(np.abs(points.get_ydata()))


def test_residuals_in_colours_and_panels():
    x, n = np.linspace(1, 2, 4), np.array([1.0, 2.0])
    value = np.arange(8.0).reshape(2, 4)
    sampled = estimate("a", value, 0.5 * np.ones((2, 4)), ("n", "x"), coords={"x": x, "n": n})
    exact = estimate("b", value - n[:, None], None, ("n", "x"), coords={"x": x, "n": n})
    canvas = draw_plot(plot("lines", x="x", y=("a",), column="n", residuals=("b",)), named(sampled, exact), {})
    assert len(canvas.axes) == 4
    for k, axes in enumerate(canvas.axes[2:]):
        (points,) = [line for line in axes.lines if line.get_marker() == "o"]
        np.testing.assert_allclose(points.get_ydata(), 2 * n[k])


def test_methods_of_one_thing_are_compared_without_being_asked(cosnet_results):
    sampled, exact, _ = cosnet_results
    both = [replace(sampled, name="G.monte_carlo"), replace(exact, name="G.exact")]
    (only,) = default_plots((), both)
    assert only.option("residuals") == ("G.exact",)
    assert len(draw_plot(only, named(*both), {}).axes) == 2


def test_parts_of_a_result_are_things_of_their_own():
    parts = [estimate(f"d.{part}", np.arange(5.0) + k, None, ("param",)) for k, part in enumerate(("rhat", "ess"))]
    assert [each.name for each in default_plots((), parts)] == ["d.rhat", "d.ess"]


def test_few_long_rows_are_lines():
    long, square = (estimate("a", np.ones((4, n)), None, ("draw", "step")) for n in (40, 5))
    assert dict(default_plots((), [long])[0].options) == {"x": "step", "color": "draw", "y": ("a",)}
    assert default_plots((), [square])[0].word == "heatmap"


# ---------------------------------------------------------------- frames and axes
@pytest.mark.parametrize(("value", "scale"), [([1.0, 10.0, 1e3], "log"), ([1.0, 10.0, 900.0], "linear"), ([-1.0, 10.0, 1e6], "linear")])
def test_three_decades_have_a_logarithmic_axis(value, scale):
    found = named(estimate("a", value, coords={"x": np.arange(3.0)}))
    assert draw_plot(plot("lines", x="x", y=("a",)), found, {}).axes[0].get_yscale() == scale
    assert draw_plot(plot("lines", x="x", y=("a",), logy=False), found, {}).axes[0].get_yscale() == "linear"


def test_panels_share_a_frame_that_shows_all():
    value = np.array([[1.0, 1e6], [1e-4, 1e-3]])
    found = estimate("a", value, None, ("n", "x"), coords={"x": np.arange(2.0), "n": np.arange(2.0)})
    for axes in draw_plot(plot("lines", x="x", y=("a",), column="n"), named(found), {}).axes:
        low, high = axes.get_ylim()
        assert 1e-5 < low < 1e-4
        assert 1e6 < high < 1e8


def test_a_bar_that_reaches_zero_does_not_move_the_frame():
    x = np.arange(1.0, 5.0)
    result = estimate("a", [1.0, 0.5, 0.2, 0.1], np.array([0.1, 0.1, 0.3, 0.2]), coords={"x": x})
    low, high = draw_plot(plot("lines", x="x", y=("a",), logy=True), named(result), {}).axes[0].get_ylim()
    assert 0.02 < low < 0.05
    assert 1.1 < high < 2


def test_few_places_of_a_logarithmic_axis_are_written_out():
    result = estimate("a", [1.0, 2.0, 3.0], coords={"x": np.array([5.0, 10.0, 40.0])})
    axes = draw_plot(plot("lines", x="x", y=("a",), logx=True), named(result), {}).axes[0]
    assert [each.get_text() for each in axes.get_xticklabels()] == ["5", "10", "40"]


def test_bands_are_one_standard_deviation():
    value, spread = np.linspace(1, 2, 100), np.linspace(0.1, 0.3, 100)
    result = estimate("a", value, spread, coords={"x": np.linspace(0, 1, 100)})
    (band,) = draw_plot(plot("lines", x="x", y=("a",)), named(result), {}).axes[0].collections
    corners = band.get_paths()[0].vertices
    for x, low, high in zip(np.linspace(0, 1, 100), value - spread, value + spread, strict=True):
        here = corners[np.isclose(corners[:, 0], x), 1]
        assert (here.min(), here.max()) == (pytest.approx(low), pytest.approx(high))


def test_bars_have_caps_and_are_one_standard_deviation(cosnet_results):
    sampled = cosnet_results[0]
    axes = draw_plot(plot("lines", x="r", y=("G2",)), named(sampled), {}).axes[0]
    (container,) = axes.containers
    _, caps, (bars,) = container.lines
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, np.stack([sampled.value - sampled.stderr, sampled.value + sampled.stderr], axis=1))
    assert len(caps) == 2


def test_one_column_wide(cosnet_results):
    canvas = draw_plot(plot("lines", x="r", y=("G2",)), named(cosnet_results[0]), {})
    assert canvas.get_size_inches()[0] == COLUMN
    assert rendered(canvas, "pdf") == rendered(canvas, "pdf")


def test_words_of_a_spec_are_no_commands_of_mathematics():
    assert mathtext("rule = $x$") == r"$\mathrm{rule}$ = \$x\$"
    assert mathtext("a b $") == r"a b \$"
    result = estimate("a", [1.0, 2.0], coords={"x": np.array(["$\\frac", "b$"])})
    rendered(draw_plot(plot("lines", x="x", y=("a",)), named(result), {}), "svg")


# ---------------------------------------------------------------- maps
def kernel(name="K", low=0.5, **more) -> Estimate:
    grid = np.linspace(0, 1, 5)
    value = np.exp(-np.subtract.outer(grid, grid) ** 2) + low
    return estimate(name, value, dims=("point", "point_2"), coords={"point": grid}, **more)


def test_a_map_shows_the_numbers_and_names_them():
    result = kernel()
    canvas = draw_plot(plot("heatmap", of=("K",)), named(result), {})
    axes, bar = canvas.axes
    np.testing.assert_array_equal(axes.images[0].get_array(), result.value)
    assert axes.get_aspect() == 1.0
    assert bar.get_ylabel() == "$K$"


def test_a_map_of_differences_is_centred_and_in_standard_deviations():
    exact = kernel()
    noisy = kernel("M", 0.6, stderr=0.05 * np.ones((5, 5)))
    canvas = draw_plot(plot("heatmap", of=("M",), residuals=("K",)), named(exact, noisy), {})
    axes, bar = canvas.axes
    np.testing.assert_allclose(axes.images[0].get_array(), 2.0)
    low, high = axes.images[0].get_clim()
    assert low == -high
    assert bar.get_ylabel() == r"($M$ − $K$)$/\sigma$"


def test_a_map_has_the_dimensions_where_they_were_asked_for():
    result = replace(estimate("G", np.arange(6.0).reshape(2, 3), dims=("let.N", "let.s")),
                     coords={"let.N": np.array([1.0, 2.0]), "let.s": np.array([1.0, 2.0, 3.0])})  # fmt: skip
    axes = draw_plot(plot("heatmap", of=("G",), x="let.N", y="let.s"), named(result), {}).axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), result.value.T)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$N$", "$s$")
    as_it_is = draw_plot(plot("heatmap", of=("G",)), named(result), {}).axes[0]
    np.testing.assert_array_equal(as_it_is.images[0].get_array(), result.value)


def test_logarithmic_colours_leave_out_what_has_none():
    result = replace(kernel(), value=np.where(np.eye(5), np.nan, kernel().value))
    image = draw_plot(plot("heatmap", of=("K",), log=True), named(result), {}).axes[0].images[0]
    assert image.norm.vmin == np.nanmin(result.value)
    assert image.get_array().mask.sum() == 5


def test_a_map_of_points_that_all_failed_is_empty():
    nothing = replace(kernel(stderr=np.full((5, 5), np.nan)), value=np.full((5, 5), np.nan))
    canvas = draw_plot(plot("heatmap", of=("K",), log=True), named(nothing), {})
    assert canvas.axes[0].images[0].get_array().mask.all()
    rendered(canvas, "png")


# ---------------------------------------------------------------- histograms
def test_a_histogram_counts_every_entry_once():
    value = np.random.default_rng(1).normal(size=(20, 20))
    result = estimate("a", np.where(np.abs(value) > 3, np.nan, value), dims=("x", "y"))
    axes = draw_plot(plot("histogram", of=("a",), bins=12), named(result), {}).axes[0]
    corners = axes.patches[0].get_xy()
    widths, heights = np.diff(corners[:25:2, 0]), corners[1:24:2, 1]
    assert len(widths) == 12
    assert sum(heights) == np.isfinite(result.value).sum()


def test_residuals_are_counted_beside_the_normal_density():
    exact = kernel()
    noisy = kernel("M", 0.6, stderr=0.05 * np.ones((5, 5)))
    axes = draw_plot(plot("histogram", of=("M",), residuals=("K",)), named(exact, noisy), {}).axes[0]
    (normal,) = axes.lines
    assert max(normal.get_ydata()) == pytest.approx(1 / np.sqrt(2 * np.pi))
    assert "standard normal" in [text.get_text() for text in axes.get_legend().get_texts()]


# ---------------------------------------------------------------- over a sweep
SWEPT = ("let.N", "let.s")


def over_a_sweep(own=(), size=(), name="G") -> Estimate:
    n, s = np.array([5.0, 10.0, 40.0]), np.array([1.0, 2.0])
    value = np.multiply.outer(np.multiply.outer(1 / n, s), np.ones(size))
    return estimate(name, value, 0.1 * value, (*SWEPT, *own), coords={"let.N": n, "let.s": s})


def test_numbers_over_a_sweep_are_drawn_along_it():
    (found,) = default_plots((), [over_a_sweep()], SWEPT)
    assert dict(found.options) == {"x": "let.N", "color": "let.s", "logx": True, "logy": True, "y": ("G",)}
    axes = draw_plot(found, named(over_a_sweep()), {}).axes[0]
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlabel()) == ("log", "log", "$N$")
    assert len(axes.containers) == 2


def test_a_number_at_two_points_of_a_sweep_is_not_drawn():
    few = estimate("a", np.array([1.0, 2.0]), None, ("let.s",), coords={"let.s": np.array([1.0, 2.0])})
    assert default_plots((), [few], ("let.s",)) == ()


def test_dimensions_with_one_place_are_no_dimensions():
    result = over_a_sweep(("point", "point_2"), (1, 1))
    (found,) = default_plots((), [result], SWEPT)
    assert found.option("x") == "let.N"
    draw_plot(found, named(result), {})
    asked = plot("lines", x="let.N", y=("G",), color="let.s")
    assert drawable([asked], [result], SWEPT) == (asked,)


def test_lines_over_a_sweep_have_a_panel_for_the_second_axis():
    (found,) = default_plots((), [over_a_sweep(("r",), (7,))], SWEPT)
    assert [found.option(key) for key in ("x", "color", "column")] == ["r", "let.N", "let.s"]


def test_kernels_over_a_sweep_are_left_to_the_points():
    assert default_plots((), [over_a_sweep(("point", "point_2"), (3, 3))], SWEPT) == ()


def test_points_that_failed_leave_gaps():
    result = over_a_sweep()
    value = result.value.copy()
    value[1] = np.nan
    gap = replace(result, value=value, stderr=0.1 * value)
    (found,) = default_plots((), [gap], SWEPT)
    low, high = draw_plot(found, named(gap), {}).axes[0].get_ylim()
    assert np.isfinite(low)
    assert np.isfinite(high)
    assert default_plots((), [replace(gap, value=np.full_like(value, np.nan))], SWEPT) == ()
