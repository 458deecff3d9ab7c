"""Pictures: the same bytes for the same numbers, and nothing vanishes on a logarithmic axis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnspec.ir.experiment import Plot
from nnspec.report.canvas import rendered
from nnspec.report.plots import default_plots, draw_all, draw_plot, save
from nnspec.result.estimate import Estimate


def lines(x="r", y=("G2", "Gfree"), **more) -> Plot:
    return Plot(name="p", word="lines", options=(("x", x), ("y", y), *more.items()))


def named(estimates):
    return {each.name: each for each in estimates}


def drawn(canvas):
    """All points that are on the picture, open markers apart."""
    axes = canvas.axes[0]
    series = [line for line in axes.lines if len(line.get_xdata()) and line.get_marker() in ("o", "s", "None")]
    hollow = [line for line in series if line.get_markerfacecolor() == "white"]
    return [line for line in series if line not in hollow], hollow


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_equal_results_give_equal_bytes(tmp_path, cosnet, cosnet_results, ending):
    for k in (1, 2):
        save(draw_plot(cosnet.plots[0], named(cosnet_results), {}), tmp_path / f"{k}.{ending}")
    content = (tmp_path / f"1.{ending}").read_bytes()
    assert content == (tmp_path / f"2.{ending}").read_bytes()
    assert ending == "svg" or b"atplotlib" not in content


def test_the_users_own_settings_do_not_matter(cosnet, cosnet_results):
    import matplotlib as mpl

    before = rendered(draw_plot(cosnet.plots[0], named(cosnet_results), {}), "png")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "savefig.dpi": 10}):
        assert rendered(draw_plot(cosnet.plots[0], named(cosnet_results), {}), "png") == before


def test_negative_values_on_a_logarithmic_axis_are_open_markers(cosnet_results):
    sampled, exact = (replace(each, value=each.value - 0.06) for each in cosnet_results[:2])
    canvas = draw_plot(lines(logy=True), named([sampled, exact]), {})
    _, hollow = drawn(canvas)
    shown = np.concatenate([line.get_ydata() for line in hollow])
    expected = np.concatenate([-each.value[each.value < 0] for each in (exact, sampled)])
    np.testing.assert_allclose(np.sort(shown[shown > 0]), np.sort(expected), rtol=1e-15)
    assert [text.get_text() for text in canvas.axes[0].get_legend().get_texts()][-1] == "value ≤ 0, at |value|"


def test_open_markers_leave_the_axes_their_room(cosnet_results):
    shifted = [replace(each, value=each.value - 0.06) for each in cosnet_results[:2]]
    heights = []
    for results in (cosnet_results[:2], shifted):
        canvas = draw_plot(lines(logy=True, residuals=("Gfree",)), named(results), {})
        rendered(canvas, "png")
        heights.append([axes.get_position().height for axes in canvas.axes])
    np.testing.assert_allclose(heights[1], heights[0], rtol=0.05)


def test_zeros_on_a_logarithmic_axis_lie_on_the_frame(cosnet_results):
    sampled = replace(cosnet_results[0], value=np.where(np.arange(41) % 2, cosnet_results[0].value, 0.0))
    _, hollow = drawn(draw_plot(lines(y=("G2",), logy=True), named([sampled]), {}))
    assert sum(len(line.get_xdata()) for line in hollow) == 21


def test_positive_values_need_no_note(cosnet_results):
    canvas = draw_plot(lines(logy=True), named(cosnet_results), {})
    labels = [text.get_text() for text in canvas.axes[0].get_legend().get_texts()]
    assert labels == ["$G_{2}$", r"$\mathrm{Gfree}$"]


def test_places_that_a_logarithmic_axis_cannot_show_are_counted(cosnet_results):
    canvas = draw_plot(lines(logx=True), named(cosnet_results), {})
    assert "1 at r ≤ 0 not shown" in [text.get_text() for text in canvas.axes[0].get_legend().get_texts()]


def test_x_may_be_a_data_set(cosnet_results):
    bare = [replace(each, coords={}, dims=("point",)) for each in cosnet_results[:2]]
    canvas = draw_plot(lines(), named(bare), {"r": np.linspace(5, 6, 41)})
    assert canvas.axes[0].get_xlim()[0] > 4


def test_many_sampled_points_become_a_band(cosnet_results):
    canvas = draw_plot(lines("k", ("S",)), named(cosnet_results), {})
    assert len(canvas.axes[0].collections) == 1


def test_methods_of_one_observable_are_drawn_by_its_name(cosnet_results):
    sampled, exact, _ = cosnet_results
    both = [replace(sampled, name="G.monte_carlo"), replace(exact, name="G.exact")]
    canvas = draw_plot(lines(y=("G",)), named(both), {})
    assert len(canvas.axes[0].get_legend().get_texts()) == 2


def test_what_the_spec_does_not_plot_gets_a_plot(cosnet, cosnet_results, relu_results):
    extra = default_plots(cosnet.plots, [*cosnet_results, *relu_results])
    assert [(plot.name, plot.word) for plot in extra] == [
        ("S", "lines"), ("K", "heatmap"), ("Theta", "heatmap"), ("K_mc", "heatmap"),
    ]  # fmt: skip
    numbers = replace(cosnet_results[0], name="n", value=np.asarray(1.0), stderr=None, dims=(), coords={})
    assert default_plots((), [numbers]) == ()


def test_all_pictures(cosnet, cosnet_results):
    pictures = draw_all(cosnet.plots, cosnet_results, {})
    assert list(pictures) == ["propagator", "S"]
    for forms in pictures.values():
        assert list(forms) == ["svg", "pdf", "png"]
        assert forms["png"].startswith(b"\x89PNG")
        assert forms["pdf"].startswith(b"%PDF")
        assert b"<svg" in forms["svg"]


def test_kernels_of_both_signs_are_centred_at_zero(relu_results):
    kernel = replace(relu_results[0], value=relu_results[0].value - 0.5)
    canvas = draw_plot(Plot(name="K", word="heatmap", options=(("of", ("K",)),)), named([kernel]), {})
    low, high = canvas.axes[0].images[0].get_clim()
    assert low == -high


# ---------------------------------------------------------------- further dimensions
def several(*, widths=5, word="loss", stderr=True) -> Estimate:
    """A result over (rule, n, x)."""
    x, n, rule = np.linspace(1, 2, 4), 2.0 ** np.arange(widths), np.array(["one", "two"])
    value = np.array([[x * k * (r + 1) for k in n] for r in range(2)])
    return Estimate(
        name=word, word="train", method="monte_carlo", value=value, dims=("rule", "n", "x"),
        coords={"x": x, "n": n, "rule": rule}, stderr=0.1 * value if stderr else None,
    )  # fmt: skip


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()] if axes.get_legend() else []


def test_a_colour_for_each_value_and_a_panel_for_each_of_another():
    result = several()
    canvas = draw_plot(lines(x="x", y=("loss",), color="n", column="rule"), named([result]), {})
    one, two = canvas.axes
    assert [each.get_title() for each in (one, two)] == [r"$\mathrm{rule}$ = one", r"$\mathrm{rule}$ = two"]
    assert legend(one) == ["$n$ = 1", "$n$ = 2", "$n$ = 4", "$n$ = 8", "$n$ = 16"]
    assert legend(two) == []
    assert one.get_ylabel() == r"$\mathrm{loss}$"
    assert two.get_ylabel() == ""
    assert one.get_ylim() == two.get_ylim()
    for k, axes in enumerate((one, two)):
        shown = {tuple(each.lines[0].get_ydata()) for each in axes.containers}
        assert shown == {tuple(curve) for curve in result.value[k]}
    colours = {each.lines[0].get_color() for each in one.containers}
    assert len(colours) == 5


def test_a_colour_alone_is_one_panel():
    result = replace(several(), value=several().value[0], stderr=None, dims=("n", "x"))
    canvas = draw_plot(lines(x="x", y=("loss",), color="n"), named([result]), {})
    (axes,) = canvas.axes
    assert len(axes.lines) == 5
    assert axes.get_title() == ""


def test_many_colours_are_named_from_the_first_to_the_last():
    canvas = draw_plot(lines(x="x", y=("loss",), color="n", column="rule"), named([several(widths=20)]), {})
    names = legend(canvas.axes[0])
    assert len(names) == 5
    assert names[0] == "$n$ = 1"
    assert names[-1].startswith("$n$ = 5")
    assert len({each.lines[0].get_color() for each in canvas.axes[0].containers}) == 20


def test_two_results_in_colours_go_by_their_names():
    both = [several(), several(word="other")]
    canvas = draw_plot(lines(x="x", y=("loss", "other"), color="n", column="rule"), named(both), {})
    assert "other" in " ".join(legend(canvas.axes[0]))
    assert canvas.axes[0].get_ylabel() == r"$\mathrm{loss}$, $\mathrm{other}$"


def test_axes_of_a_sweep_go_by_their_last_step():
    result = several()
    coords = {"let.n": result.coords["n"], "model.rule": result.coords["rule"], "let.x": result.coords["x"]}
    swept = replace(result, dims=("model.rule", "let.n", "let.x"), coords=coords)
    canvas = draw_plot(lines(x="let.x", y=("loss",), color="let.n", column="model.rule"), named([swept]), {})
    assert canvas.axes[0].get_title() == r"$\mathrm{rule}$ = one"
    assert legend(canvas.axes[0])[0] == "$n$ = 1"
    assert canvas.axes[0].get_xlabel() == "$x$"


def test_a_note_in_a_later_panel_is_not_lost():
    result = several(stderr=False)
    value = result.value.copy()
    value[1, 0, 0] = -1.0
    canvas = draw_plot(
        lines(x="x", y=("loss",), color="n", column="rule", logy=True), named([replace(result, value=value)]), {}
    )
    assert legend(canvas.axes[1]) == ["value ≤ 0, at |value|"]
    assert len(legend(canvas.axes[0])) == 5


def test_plots_over_a_sweep_are_left_to_the_sweep(cosnet_results):
    sweep = lines(x="let.N", y=("G2",), color="r")
    assert "p" not in draw_all([sweep], [replace(cosnet_results[0], value=np.ones((41, 2)), dims=("r", "s"), stderr=None)], {})


def test_equal_panels_give_equal_bytes():
    plot = lines(x="x", y=("loss",), color="n", column="rule")
    assert rendered(draw_plot(plot, named([several()]), {}), "png") == rendered(draw_plot(plot, named([several()]), {}), "png")
