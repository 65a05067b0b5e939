"""How well the emotion of replies fits a user's, turn by turn: the scores of EMO-Reasoning.

Each turn is a series of valence, arousal and dominance, each in [-1, 1], one sample a second
[shape=(n_seconds, 3)]. Two turns are compared by dynamic time warping, so pace does not count.
All scores are 1 at best. They may fall below 0: the factor that spreads them is set by hand, as
are the weights of the whole, so show how much a result depends on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.measure.dtw import dtw_distance

Floats = NDArray[np.float64]

SPREAD = 5.0
"""The factor K of the source."""

SOOTHING = np.array([0.211, -0.105, 0.098])
"""How far a balancing reply lies from the user in valence, arousal and dominance."""

_VALENCE, _AROUSAL, _DOMINANCE = range(3)


@dataclass(frozen=True)
class ReplyCoherence:
    """How well the replies of one dialogue fit.

    Parameters
    ----------
    contagion
        Mean of `contagion` over the turns (CT-ECS).
    balancing
        Mean of `balancing` over the turns (CT-EBS); 1 for turns that did not call for it.
    stability
        `cross_turn_stability` of the replies (CT-ESS).
    called_for
        In how many turns the user was unhappy, tense or powerless enough to be balanced.

    Examples
    --------
    >>> ReplyCoherence(0.5, 1.0, 0.25, called_for=0).overall()
    0.4
    """

    contagion: float
    balancing: float
    stability: float
    called_for: int

    def overall(
        self,
        called: tuple[float, float, float] = (0.35, 0.35, 0.3),
        uncalled: tuple[float, float, float] = (0.6, 0.0, 0.4),
    ) -> float:
        """Return the weighted sum of the three (CT-ERS).

        Parameters
        ----------
        called, uncalled
            Weights of contagion, balancing and stability if any turn called for balancing, and
            if none did.
        """
        weights = called if self.called_for else uncalled
        return float(np.dot(weights, (self.contagion, self.balancing, self.stability)))


def contagion(user: ArrayLike, reply: ArrayLike, *, spread: float = SPREAD) -> float:
    """How closely a reply follows the user's valence and arousal (ECS): 1 is in step.

    Parameters
    ----------
    user, reply
        Valence, arousal and dominance [shape=(n_seconds, 3)], each in [-1, 1].
    spread
        How strongly distances count, K.

    Raises
    ------
    ValueError
        If a turn is no such table, is empty or leaves [-1, 1].

    References
    ----------
    EMO-Reasoning: benchmarking emotional reasoning capabilities in spoken dialogue systems, the
    emotional contagion score: ``1 - K (d_V + d_A) / (4 T)``, where d is the distance by dynamic
    time warping and T the longer length.

    Examples
    --------
    >>> calm, glad = [[0.0, 0.0, 0.0]] * 3, [[0.2, 0.1, 0.0]] * 5
    >>> contagion(calm, calm), round(contagion(calm, glad), 3)
    (1.0, 0.625)
    """
    u, r = _turn(user), _turn(reply)
    apart = sum(dtw_distance(u[:, k], r[:, k]) for k in (_VALENCE, _AROUSAL))
    return 1 - spread * apart / (4 * max(len(u), len(r)))


def calls_for_balance(user: ArrayLike) -> NDArray[np.bool_]:
    """Whether a user's mean valence is low, arousal high and dominance low [shape=(3,)].

    Below -0.07, above 0.345 and below 0.210. Parameters, errors and source as in `contagion`.

    Examples
    --------
    >>> calls_for_balance([[-0.5, 0.6, 0.5]]).tolist()
    [True, True, False]
    """
    mean = _turn(user).mean(axis=0)
    return np.array([mean[_VALENCE] < -0.07, mean[_AROUSAL] > 0.345, mean[_DOMINANCE] < 0.210])


def balancing(user: ArrayLike, reply: ArrayLike, *, spread: float = SPREAD) -> float:
    """How closely a reply leads a troubled user to a better state (EBS): 1 is as asked.

    In each dimension that calls for it, the reply should be as the user, but 0.211 higher in
    valence, 0.105 lower in arousal, 0.098 higher in dominance.

    Parameters and errors as in `contagion`.

    Returns
    -------
    float
        1 if nothing calls for balance.

    References
    ----------
    EMO-Reasoning, the emotional balancing score: ``1 - K / n * sum of d / T`` over the n
    dimensions that call for it, d from the user's series plus the shift.

    Examples
    --------
    >>> sad = [[-0.5, 0.0, 0.5]] * 4
    >>> round(balancing(sad, sad), 3), round(balancing(sad, [[-0.289, 0.0, 0.5]] * 2), 3)
    (-0.055, 1.0)
    """
    u, r = _turn(user), _turn(reply)
    asked = np.flatnonzero(calls_for_balance(u))
    if not len(asked):
        return 1.0
    apart = sum(dtw_distance(u[:, k] + SOOTHING[k], r[:, k]) for k in asked)
    return 1 - spread * apart / (len(asked) * max(len(u), len(r)))


def cross_turn_stability(replies: Sequence[ArrayLike], *, spread: float = SPREAD) -> float:
    """How little replies move from one to the next (CT-ESS): 1 is the same throughout.

    Parameters
    ----------
    replies
        At least two turns of one speaker, in order [each shape=(n_seconds, 3)].
    spread
        How strongly distances count, K.

    Raises
    ------
    ValueError
        As `contagion`, and for fewer than two turns.

    References
    ----------
    EMO-Reasoning, the cross-turn emotional stability score:
    ``1 - 5 * mean of (d_V + d_A + d_D) / (6 T)`` over consecutive replies, T the longer of both.

    Examples
    --------
    >>> calm, glad = [[0.0, 0.0, 0.0]], [[0.3, 0.2, 0.1]]
    >>> cross_turn_stability([calm, calm, glad])
    0.75
    """
    turns = [_turn(reply) for reply in replies]
    if len(turns) < 2:
        raise ValueError("stability over turns needs at least two replies")
    moved = [
        sum(dtw_distance(a[:, k], b[:, k]) for k in range(3)) / (6 * max(len(a), len(b)))
        for a, b in pairwise(turns)
    ]
    return float(1 - spread * np.mean(moved))


def reply_coherence(
    users: Sequence[ArrayLike], replies: Sequence[ArrayLike], *, spread: float = SPREAD
) -> ReplyCoherence:
    """Score the replies of a dialogue over all its turns.

    Parameters
    ----------
    users, replies
        What the user said and what was replied, in order, at least two of each
        [each shape=(n_seconds, 3)].
    spread
        How strongly distances count, K.

    Raises
    ------
    ValueError
        As `contagion`, and if there are fewer than two turns or numbers differ.

    References
    ----------
    EMO-Reasoning, the cross-turn scores CT-ECS, CT-EBS and CT-ESS, and CT-ERS of them.

    Examples
    --------
    >>> user = [[[-0.5, 0.0, 0.5]] * 3, [[0.1, 0.0, 0.5]] * 2]
    >>> told = reply_coherence(user, user)
    >>> round(told.contagion, 4), round(told.balancing, 4), round(told.stability, 4)
    (1.0, 0.4725, 0.5)
    >>> round(told.overall(), 3)
    0.665
    """
    if len(users) != len(replies):
        raise ValueError(f"{len(users)} turns of the user do not fit {len(replies)} replies")
    stability = cross_turn_stability(replies, spread=spread)
    pairs = list(zip(users, replies, strict=True))
    return ReplyCoherence(
        contagion=float(np.mean([contagion(u, r, spread=spread) for u, r in pairs])),
        balancing=float(np.mean([balancing(u, r, spread=spread) for u, r in pairs])),
        stability=stability,
        called_for=sum(bool(calls_for_balance(u).any()) for u in users),
    )


def _turn(values: ArrayLike) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != 3 or not len(x):
        raise ValueError(f"a turn is (n_seconds, 3): valence, arousal, dominance; got {x.shape}")
    if not (np.abs(x) <= 1).all():
        row = int(np.argmin((np.abs(x) <= 1).all(axis=1)))
        raise ValueError(f"second {row} of a turn leaves [-1, 1]: rescale or interpolate it")
    return x
