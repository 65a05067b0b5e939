"""The debiasing methods by name, with family and source."""

from __future__ import annotations

from typing import NamedTuple

from affectkit.learn.debias.adversary import ConditionalReversal, GradientReversal
from affectkit.learn.debias.alignment import CovarianceAlignment, GapPenalty, MeanDiscrepancy
from affectkit.learn.debias.biased import ErrorAmplified, JustTrainTwice, LearningFromFailure
from affectkit.learn.debias.head import DebiasedHead
from affectkit.learn.debias.robust import GroupRobust, WorstShare
from affectkit.learn.debias.sampling import DownSampled, GroupBalanced, Reweighted


class Method(NamedTuple):
    """A debiasing method.

    Attributes
    ----------
    family
        ``pre-processing``, ``regularisation``, ``adversary``, ``biased learner``, ``robust``.
    estimator
        The class that learns.
    source
        Where it is from.
    """

    family: str
    estimator: type[DebiasedHead]
    source: str

    @property
    def needs_groups(self) -> bool:
        """Whether groups have to be known to fit."""
        return self.estimator.needs_groups


METHODS: dict[str, Method] = {
    "down-sampling": Method("pre-processing", DownSampled, "Kubat and Matwin 1997"),
    "re-weighting": Method("pre-processing", Reweighted, "Kamiran and Calders 2012"),
    "balanced batches": Method("pre-processing", GroupBalanced, "Idrissi et al. 2022"),
    "MMD": Method("regularisation", MeanDiscrepancy, "Gretton et al. 2012"),
    "CORAL": Method("regularisation", CovarianceAlignment, "Sun and Saenko 2016"),
    "gap penalty": Method("regularisation", GapPenalty, "Zafar et al. 2017"),
    "adversary": Method("adversary", GradientReversal, "Ganin et al. 2016"),
    "conditional adversary": Method("adversary", ConditionalReversal, "Zhao et al. 2020"),
    "just train twice": Method("biased learner", JustTrainTwice, "Liu et al. 2021"),
    "learning from failure": Method("biased learner", LearningFromFailure, "Nam et al. 2020"),
    "error-amplified": Method("biased learner", ErrorAmplified, "Freund and Schapire 1997"),
    "group DRO": Method("robust", GroupRobust, "Sagawa et al. 2020"),
    "CVaR": Method("robust", WorstShare, "Levy et al. 2020"),
}
"""Thirteen methods in five families; `DebiasedHead` itself is what they are held against."""
