"""The front: nothing on it is beaten, everything off it is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from affectkit.measure.pareto import pareto_front


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25))
def test_what_is_on_the_front_is_beaten_by_nothing_and_the_rest_by_something_on_it(points):
    u, c = np.array(points).T
    front = pareto_front(u, c)
    assert front.any()
    for k in range(len(u)):
        beaten = (u >= u[k]) & (c <= c[k]) & ((u > u[k]) | (c < c[k]))
        assert front[k] == (not beaten.any())
        if not front[k]:
            assert (beaten & front).any()
