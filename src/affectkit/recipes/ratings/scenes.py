"""Valence and arousal of scenes against categories (paper 128), on the norms of OASIS.

The annotations of the paper come under a non-commercial licence and are not here. OASIS has no
categories of emotion either, but the mean and the standard deviation of about a hundred people's
valence and arousal for each of 280 pictures, and the picture's name. From these: whether people
agree less on arousal than on valence, whether what a picture shows tells valence better, whether
the two go together, and what labels of Plutchik's wheel people would choose if each chose the one
that lies next to where they feel the picture: the distribution of labels that follows from norms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect.circumplex import placement
from affectkit.affect.wheel import PETALS, angle
from affectkit.errors import DataError
from affectkit.learn.grouped_ridge import group_folds, out_of_fold, principal
from affectkit.measure.intervals import bootstrap
from affectkit.measure.metrics import pearson
from affectkit.measure.votes import entropy_bits, has_majority, share_of
from affectkit.perceive.text_encoder import TextEncoder
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared, measured

ID = "ratings.scenes"
PAPER = 128
TITLE = "Valence and arousal of scenes, how far people agree on them, and labels that follow"
NEEDS = ("av/image/oasis", "weights:text_encoder")

FOLDER = "av/image/oasis"
RATERS = 100
"""Raters drawn of each picture: about as many as there were."""
NEAR_NOUGHT = 0.2
"""Correlations below this are taken for none, as FindingEmo's -0.10."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Norms:
    """What people say of pictures.

    Parameters
    ----------
    themes
        What a picture shows, without its number [shape=(n,)].
    mean, sd
        Of valence and arousal, moved from 1 to 7 to [-1, 1] [shape=(n, 2)].
    raters
        How many rated [shape=(n, 2)].
    """

    themes: NDArray[np.str_]
    mean: Floats
    sd: Floats
    raters: Floats


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return whether arousal is the harder one, and what labels follow from norms.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of folds and of drawn raters.
    full
        More draws.
    progress
        Told ``("norms", done, total)``.
    """
    tell = progress or silent
    draws = 2000 if full else 400
    norms = read(data)
    tell("norms", 0, 3)
    found = [_agreement(norms, seeds, draws)]
    tell("norms", 1, 3)
    found.append(_names(norms, seeds, draws))
    tell("norms", 2, 3)
    found += [_together(norms, seeds, draws), _labels(norms, seeds, draws)]
    tell("norms", 3, 3)
    return found


def read(data: Path) -> Norms:
    """Return the norms of OASIS.

    Raises
    ------
    DataError
        If the file is absent or malformed.
    """
    path = data / FOLDER / "norms.csv"
    names = ("valence", "arousal")
    try:
        rows = pd.read_csv(path)
        mean, sd, n = (
            rows[[f"{name}_{part}" for name in names]].to_numpy(dtype=float)
            for part in ("mean", "sd", "n")
        )
        themes = rows["theme"].astype(str).str.replace(r"\s*\d+$", "", regex=True)
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}", remedy="see the data's README") from None
    return Norms(themes.to_numpy(dtype=str), (mean - 4) / 3, sd / 3, n)


def single_rating_reliability(mean: Floats, sd: Floats, raters: Floats) -> float:
    """Return the share of the variance of single ratings that lies between items.

    The intraclass correlation ICC(1, 1) from means and standard deviations alone: each item is
    taken to have raters of its own.

    Parameters
    ----------
    mean, sd, raters
        Of each item [shape=(n_items,)].

    References
    ----------
    Shrout and Fleiss (1979). Intraclass correlations: uses in assessing rater reliability, ICC
    (1, 1), with a mean number of raters in place of a fixed one.

    Examples
    --------
    >>> single_rating_reliability(np.array([0.0, 2.0]), np.array([0.0, 0.0]), np.array([5.0, 5.0]))
    1.0
    """
    within = float((sd**2 * (raters - 1)).sum() / (raters - 1).sum())
    between = max(float(np.var(mean, ddof=1)) - within / float(raters.mean()), 0.0)
    return between / (between + within) if between + within > 0 else float("nan")


def chosen(norms: Norms, seed: int) -> NDArray[np.intp]:
    """Return how many of `RATERS` drawn raters choose each petal [shape=(n, 8)].

    A rater feels a picture at a point drawn around its mean with its standard deviation, valence
    and arousal apart, and chooses the emotion that lies next to it.
    """
    place = placement("plutchik8").loc[list(PETALS), ["valence", "arousal"]].to_numpy(dtype=float)
    rng = np.random.default_rng(seed)
    n = len(norms.mean)
    felt = norms.mean[:, None] + norms.sd[:, None] * rng.normal(size=(n, RATERS, 2))
    far = ((np.clip(felt, -1, 1)[:, :, None] - place) ** 2).sum(axis=3)
    label = far.argmin(axis=2)
    return np.stack([(label == k).sum(axis=1) for k in range(len(PETALS))], axis=1)


def _agreement(norms: Norms, seeds: Sequence[int], draws: int) -> Finding:
    def both(mean: Floats, sd: Floats, raters: Floats) -> list[float]:
        return [single_rating_reliability(mean[:, k], sd[:, k], raters[:, k]) for k in (0, 1)]

    def gap(mean: Floats, sd: Floats, raters: Floats) -> float:
        valence, arousal = both(mean, sd, raters)
        return valence - arousal

    table = (norms.mean, norms.sd, norms.raters)
    valence, arousal = both(*table)
    return compared(
        "people agree less on how arousing a scene is than on how pleasant",
        "share of the variance of single ratings between scenes, ICC(1, 1)",
        valence,
        arousal,
        "arousal",
        bootstrap(gap, *table, clusters=norms.themes, n=draws, seed=seeds[0]),
        seeds=seeds,
        data=FOLDER,
        notes=f"mean standard deviation of single people, on -1 to 1: valence "
        f"{norms.sd[:, 0].mean():.2f}, arousal {norms.sd[:, 1].mean():.2f}; OASIS's 280 pictures "
        "in place of the paper's photographs of several people; the paper has arousal as the "
        "harder one for models",
    )


def _names(norms: Norms, seeds: Sequence[int], draws: int) -> Finding:
    x = principal(TextEncoder().encode(norms.themes.tolist()), 64)
    told = []
    for seed in seeds:
        folds = group_folds(norms.themes, 5, seed=seed)
        told.append(out_of_fold(x, norms.mean, folds, pearson))
    guess = np.mean(told, axis=0)

    def gap(mean: Floats, guessed: Floats) -> float:
        valence, arousal = (pearson(mean[:, k], guessed[:, k]) for k in (0, 1))
        return float(valence - arousal)

    each = np.array([[pearson(norms.mean[:, k], t[:, k]) for k in (0, 1)] for t in told])
    valence, arousal = (pearson(norms.mean[:, k], guess[:, k]) for k in (0, 1))
    return compared(
        "what a scene shows, in a word, tells its valence better than its arousal",
        "correlation of predicted with mean ratings, themes held out whole",
        float(valence),
        float(arousal),
        "arousal",
        bootstrap(gap, norms.mean, guess, clusters=norms.themes, n=draws, seed=seeds[0]),
        seeds=seeds,
        data=FOLDER,
        notes="ridge regression from the frozen text encoder's features of the picture's name "
        "without its number; predictions are means over seeds of the folds (single seeds: valence "
        + ", ".join(f"{v:.2f}" for v in each[:, 0])
        + "; arousal "
        + ", ".join(f"{a:.2f}" for a in each[:, 1])
        + "); no pixel is looked at: names are the floor that image features have to beat; the "
        "words of the paper's scraping queries give r .39 and .13",
    )


def _together(norms: Norms, seeds: Sequence[int], draws: int) -> Finding:
    found = bootstrap(
        lambda mean: pearson(mean[:, 0], mean[:, 1]),
        norms.mean,
        clusters=norms.themes,
        n=draws,
        seed=seeds[0],
    )
    away = np.abs(norms.mean[:, 0] - np.median(norms.mean[:, 0]))
    return measured(
        "valence and arousal of scenes hardly go together",
        "Pearson correlation",
        found,
        seeds=seeds,
        data=FOLDER,
        holds=found.low > -NEAR_NOUGHT and found.high < NEAR_NOUGHT,
        baseline=-0.10,
        baseline_name="FindingEmo's annotations",
        notes=f"held if the interval lies within {NEAR_NOUGHT} of 0; arousal with the distance of "
        f"valence from its median: {pearson(away, norms.mean[:, 1]):.2f}",
    )


def _labels(norms: Norms, seeds: Sequence[int], draws: int) -> Finding:
    votes = [chosen(norms, seed) for seed in seeds]
    missing = np.mean([~has_majority(v) for v in votes], axis=0)
    around = share_of(missing, clusters=norms.themes, n=draws, seed=seeds[0])
    first = [v.argmax(axis=1) for v in votes]
    second = [np.argsort(-v, axis=1, kind="stable")[:, 1] for v in votes]
    turned = [
        np.abs((_degrees(a) - _degrees(b) + 180) % 360 - 180)
        for a, b in zip(first, second, strict=True)
    ]
    place = placement("plutchik8").loc[list(PETALS), ["valence", "arousal"]].to_numpy(dtype=float)
    middle = ((norms.mean[:, None] - place) ** 2).sum(axis=2).argmin(axis=1)
    same = float(np.mean([np.mean(middle == f) for f in first]))
    spread = float(np.mean([entropy_bits(v).mean() for v in votes]))
    return measured(
        "for most scenes no emotion of the wheel would be the choice of most people, if each chose "
        "the one next to where norms let the scene be felt",
        "share of scenes without a majority among drawn raters",
        around,
        seeds=seeds,
        data=FOLDER,
        holds=around.low > 0.5,
        baseline=0.5,
        baseline_name="half of the scenes",
        notes=f"simulated: {RATERS} raters a picture, drawn around its norms, valence and arousal "
        "apart, each choosing the emotion of Plutchik's eight that lies next to it; mean entropy "
        f"{spread:.2f} of 3 bits; the emotion next to the mean is the most frequent choice for "
        f"{same:.0%} of scenes; first and second choice lie "
        f"{np.mean(np.concatenate(turned)):.0f} degrees apart on the wheel (two petals at "
        "random: 103): a category from a mean hides the distribution",
    )


def _degrees(petals: NDArray[np.intp]) -> Floats:
    return np.array([angle(PETALS[k]) for k in petals])


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
