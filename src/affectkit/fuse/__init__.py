"""Many timelines to one; where they contradict each other; the mood of a group."""

from affectkit.fuse.conflict import conflicts as conflicts
from affectkit.fuse.disagreement import disagreements as disagreements
from affectkit.fuse.fusion import fuse as fuse
from affectkit.fuse.group_mood import group as group
from affectkit.fuse.group_mood import unmapped as unmapped
from affectkit.fuse.lagged import Contagion as Contagion
from affectkit.fuse.lagged import contagion as contagion
from affectkit.fuse.lagged import contagions as contagions

__all__ = [
    "Contagion",
    "conflicts",
    "contagion",
    "contagions",
    "disagreements",
    "fuse",
    "group",
    "unmapped",
]
