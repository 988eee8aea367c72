"""Two agents of one name are told of, and nothing else is."""

import pytest

from caller.protocol.permissions import Station
from caller.service.device_presence import DuplicateAgents

PC1, PC2 = Station("agent", "pc-1"), Station("agent", "pc-2")
WINDOW = Station("window", "1")


def test_two_agents_of_one_name_are_told_until_one_is_gone():
    doubles = DuplicateAgents()
    doubles.look([PC1, PC1, PC2])
    assert doubles.look([PC1, PC1, PC2])
    assert doubles.names == ("pc-1",)
    assert not doubles.look([PC1, PC1, PC2]), "told already"
    assert doubles.look([PC1, PC2])
    assert doubles.names == ()


@pytest.mark.parametrize("here", [[PC1, PC2], [WINDOW, WINDOW], []])
def test_one_agent_a_name_and_two_pages_of_one_window_are_as_it_should_be(here: list[Station]):
    doubles = DuplicateAgents()
    assert not any(doubles.look(here) for _ in range(3))
    assert doubles.names == ()


def test_a_moment_is_not_told():
    doubles = DuplicateAgents()
    assert not any(doubles.look(here) for here in ([PC1], [PC1, PC1], [PC1], [PC1, PC1], [PC1]))
