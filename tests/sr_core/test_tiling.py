"""Windows cover every pixel once, stay inside the picture, and keep their distance from inner edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr_core import tiling
from sr_core.errors import OptionError

SIDES = st.integers(1, 300)
HALOS = st.integers(0, 12)


@st.composite
def plans(draw: st.DrawFn, grid: int = 1) -> tuple[tiling.Plan, list[int], int]:
    """A plan, the sizes it chose from, and its halo."""
    halo = draw(HALOS)
    sizes = draw(st.lists(st.integers(2 * halo + 2 * grid - 1, 2 * halo + 80), min_size=1, max_size=4))
    return tiling.plan(draw(SIDES), draw(SIDES), sizes=sizes, halo=halo, grid=grid), sizes, halo


plans_on_any_grid = st.integers(1, 4).flatmap(plans)


def axes(plan: tiling.Plan) -> list[tuple[int, int, tuple[tiling.Span, ...]]]:
    """Length, window size and spans of both axes."""
    return [(plan.height, plan.tile_height, plan.rows), (plan.width, plan.tile_width, plan.columns)]


@given(plans_on_any_grid)
def test_every_pixel_is_owned_exactly_once(case):
    plan, _, _ = case
    owners = np.zeros((plan.height, plan.width), int)
    for tile in plan:
        owners[tile.rows.first : tile.rows.last, tile.columns.first : tile.columns.last] += 1
    assert (owners == 1).all()


@given(plans_on_any_grid)
def test_every_window_lies_inside_the_picture_and_around_what_it_owns(case):
    plan, _, _ = case
    for length, size, spans in axes(plan):
        for span in spans:
            assert 0 <= span.start <= span.first < span.last <= span.start + size <= length


@given(plans_on_any_grid)
def test_owned_pixels_keep_the_halo_from_every_edge_inside_the_picture(case):
    plan, _, halo = case
    for length, size, spans in axes(plan):
        for span in spans:
            assert span.start == 0 or span.first - span.start >= halo
            assert span.start + size == length or span.start + size - span.last >= halo


@given(plans())
def test_all_windows_have_one_of_the_sizes_given(case):
    plan, sizes, _ = case
    for length, size, _ in axes(plan):
        assert size in sizes or size == length <= max(sizes)


@given(st.integers(2, 4).flatmap(lambda grid: st.tuples(st.just(grid), plans(grid))))
def test_windows_begin_on_the_grid_and_are_as_little_smaller_as_that_takes(case):
    grid, (plan, sizes, _) = case
    for length, size, spans in axes(plan):
        assert all(span.start % grid == 0 for span in spans)
        assert size == length or any(0 <= whole - size < grid for whole in sizes)


@given(plans())
def test_no_single_size_would_compute_less(case):
    plan, sizes, halo = case
    alone = [tiling.plan(plan.height, plan.width, sizes=[size], halo=halo).computed for size in sizes]
    assert plan.computed <= min(alone)


@given(plans())
def test_length_and_work_are_those_of_the_tiles(case):
    plan, _, _ = case
    tiles = list(plan)
    assert len(plan) == len(tiles) == len(set(tiles))
    assert plan.computed == len(tiles) * plan.tile_height * plan.tile_width >= plan.height * plan.width


@given(SIDES, SIDES, HALOS)
def test_a_picture_no_larger_than_the_largest_tile_is_one_window(height, width, halo):
    plan = tiling.plan(height, width, sizes=[50, 300], halo=halo)
    assert list(plan) == [tiling.Tile(tiling.Span(0, 0, height), tiling.Span(0, 0, width))]
    assert plan.computed == height * width


def test_neighbours_meet_in_the_middle_of_their_overlap():
    plan = tiling.plan(100, 40, sizes=[40], halo=10)
    starts_and_owned = [(span.start, span.first, span.last) for span in plan.rows]
    assert starts_and_owned == [(0, 0, 30), (20, 30, 50), (40, 50, 70), (60, 70, 100)]
    assert len(plan.columns) == 1


def test_each_axis_takes_the_size_that_computes_least():
    plan = tiling.plan(60, 72, sizes=[30, 36], halo=0)
    assert (plan.tile_height, plan.tile_width) == (30, 36)


def test_of_equal_work_the_larger_window_is_taken():
    assert tiling.plan(120, 1, sizes=[20, 60, 30], halo=0).tile_height == 60


def test_sizes_of_which_the_halo_leaves_nothing_are_passed_over():
    plan = tiling.plan(200, 200, sizes=[20, 21, 100], halo=10)
    assert plan == tiling.plan(200, 200, sizes=[21, 100], halo=10)


def test_a_halo_that_leaves_no_step_on_the_grid_is_told():
    assert tiling.plan(99, 99, sizes=[23], halo=10, grid=2).rows[-1].last == 99
    with pytest.raises(OptionError, match=r"twice its halo and 2 px, .*received tile 22 px, halo 10 px\.$"):
        tiling.plan(99, 99, sizes=[22], halo=10, grid=2)


@pytest.mark.parametrize(("sizes", "halo"), [([20], 10), ([16, 20], 10), ([1], 1), ([20], -1)])
def test_a_halo_that_does_not_fit_is_told_with_what_was_received(sizes, halo):
    sentence = rf"twice its halo.*choose a larger tile.*received tile {max(sizes)} px, halo {halo} px\.$"
    with pytest.raises(OptionError, match=sentence):
        tiling.plan(5, 5, sizes=sizes, halo=halo)
