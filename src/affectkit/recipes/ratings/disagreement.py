"""Disagreement (paper 045): how far apart people are, between groups, per item and over time.

The paper proposes to measure conflict of attitudes instead of ruling what is true. Nothing here
knows a right answer: who said what, on which scale, and what is known about the raters, is all
that goes in. Listeners of four languages rated the same music; of CREMA-D's clips, some heard the
voice and others saw the face; raters of VADER's tweets are dealt into halves to see whether
disagreement is the tweet's own; listeners traced valence while a piece played.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affectkit.affect.krippendorff_alpha import packed_votes
from affectkit.data import crema_d_votes, vader
from affectkit.measure.disagreement import group_disagreement, pairwise_disagreement
from affectkit.measure.disagreement_inference import benjamini_hochberg, group_test
from affectkit.measure.intervals import Interval, bootstrap
from affectkit.progress import Progress, silent
from affectkit.recipes.finding import Finding, compared
from affectkit.recipes.fusion.listeners import DATA as TRACES
from affectkit.recipes.fusion.listeners import read_tracks
from affectkit.recipes.ratings.music_listeners import (
    EMOTIONS,
    MUSIC,
    SCALE,
    Listeners,
    read_listeners,
)
from affectkit.recipes.ratings.vader_raters import rated_texts

ID = "ratings.disagreement"
PAPER = 45
TITLE = "Disagreement measured itself: between groups of people, per item, over time"
NEEDS = (
    "av/music/agreement-emotion",
    "av/music/vgmidi",
    "text-open/vader",
    "av/speech/crema-d-votes",
)

Floats = NDArray[np.float64]


def run(
    *,
    data: Path,
    seeds: Sequence[int] = (0, 1, 2),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """Return whether people of different languages are further apart, and more.

    Parameters
    ----------
    data
        Folder with the public data sets.
    seeds
        Seeds of how labels of groups are dealt anew and of how raters are halved.
    full
        All clips instead of a tenth, and more deals and draws.
    progress
        Told ``("parts", done, 4)``.
    """
    tell = progress or silent
    # Many items are tested at once: few deals could not show any of them to be rare enough.
    deals = 4999 if full else 199
    tell("parts", 0, 4)
    found = languages(read_listeners(data / MUSIC), seeds, deals)
    tell("parts", 1, 4)
    votes = {c: crema_d_votes.read(data, channel=c).table for c in ("voice", "face")}
    if not full:
        few = votes["voice"]["clip"].drop_duplicates().sort_values().iloc[::10]
        votes = {c: rows[rows["clip"].isin(few)] for c, rows in votes.items()}
    found += senses(votes, seeds, 199 if full else 99)
    tell("parts", 2, 4)
    found.append(own(rated_texts(data, "tweets")[1], seeds, 1000 if full else 300))
    tell("parts", 3, 4)
    found.append(drifting(read_tracks(data / TRACES), seeds, 2000 if full else 500))
    tell("parts", 4, 4)
    return found


def languages(listeners: Listeners, seeds: Sequence[int], deals: int) -> list[Finding]:
    """Return whether language sets people apart, over all items and on single ones."""
    names, counts = np.unique(listeners.language, return_counts=True)
    who = ", ".join(f"{name} {n}" for name, n in zip(names, counts, strict=True))
    items = np.char.add(np.char.add(listeners.excerpt, "/"), listeners.emotion)
    return parted(
        listeners.ratings,
        listeners.language,
        SCALE,
        seeds,
        deals,
        items=items,
        clusters=listeners.excerpt,
        data=MUSIC,
        claims=(
            "listeners of different languages are further apart about what music makes them feel "
            "than listeners of one",
            "on some excerpts and emotions, language sets listeners apart beyond chance",
        ),
        dealt="language dealt anew over listeners",
        units=listeners.ratings.shape[1],
        notes=f"{listeners.ratings.shape[1]} listeners ({who}) by the language of their "
        f"questionnaire, each of {len(np.unique(listeners.excerpt))} excerpts on {len(EMOTIONS)} "
        "emotions from 1 to 5; languages were recruited in different ways, so that age and "
        "training may stand behind them",
    )


def senses(votes: dict[str, pd.DataFrame], seeds: Sequence[int], deals: int) -> list[Finding]:
    """Return whether those who heard a clip are set apart from those who saw it.

    Parameters
    ----------
    votes
        By ``"voice"`` and ``"face"``: how many gave each clip each label, and its actor.
    seeds, deals
        As of `run`.
    """
    heard, seen = (votes[c].set_index("clip").sort_index() for c in ("voice", "face"))
    clips = heard.index.intersection(seen.index)
    labels = list(crema_d_votes.LABELS)
    tables = [packed_votes(part.loc[clips, labels].to_numpy()) for part in (heard, seen)]
    groups = np.repeat(["heard", "saw"], [t.shape[1] for t in tables])
    x = np.concatenate(tables, axis=1)
    return parted(
        x,
        np.broadcast_to(groups, x.shape),
        None,
        seeds,
        deals,
        items=np.asarray(clips, dtype=str),
        clusters=heard.loc[clips, "actor"].to_numpy(dtype=str),
        data=crema_d_votes.FACTS.folder,
        claims=(
            "people who heard a clip and people who saw it differ more about its emotion than "
            "people of one kind do",
            "on some clips, hearing or seeing sets people apart beyond chance",
        ),
        dealt="hearing and seeing dealt anew within each clip",
        units=len(clips),
        notes=f"{len(clips)} clips, labels of six, the share of pairs who differ; groups by what "
        "evidence people had, not by who they are; raters are counted, not named",
    )


def parted(
    x: Floats,
    groups: NDArray[np.str_],
    scale: tuple[float, float] | None,
    seeds: Sequence[int],
    deals: int,
    *,
    items: NDArray[np.str_],
    clusters: NDArray[np.str_],
    data: str,
    claims: tuple[str, str],
    dealt: str,
    units: int,
    notes: str,
) -> list[Finding]:
    """Return whether groups are apart over all items, and on single ones.

    Parameters
    ----------
    x, groups, scale
        As of `affectkit.measure.disagreement_inference.group_test`.
    seeds, deals
        Seeds of the deals, and how many each.
    items, clusters
        Names of items, and what they are drawn by [shape=(n_items,)].
    data, claims, dealt, units, notes
        Of the findings; ``units`` is what the first rests on.
    """
    tests = [group_test(x, groups, scale, n=deals, seed=seed) for seed in seeds]
    gap, chance = tests[0].gap, float(np.mean([t.chance for t in tests]))
    low, high = (
        float(np.mean([getattr(t, end) for t in tests])) for end in ("chance_low", "chance_high")
    )
    parts = group_disagreement(x, groups, scale)
    overall = compared(
        claims[0],
        "disagreement between less that within groups, share of the scale",
        gap,
        chance,
        dealt,
        Interval(gap - chance, gap - high, gap - low, units),
        seeds=seeds,
        data=data,
        notes=f"{notes}; between {np.nanmean(parts.between):.4f}, within "
        f"{np.nanmean(parts.within):.4f}; {deals} deals a seed, largest p "
        f"{max(t.p for t in tests):.4f}; the interval is the gap less the middle 95 % of deals: "
        "it says what chance could do with these people, not what others would say",
    )
    stands = np.stack([benjamini_hochberg(t.item_p) for t in tests])
    always = np.asarray(stands.all(axis=0))
    by_chance = []
    for seed in seeds:
        rng = np.random.default_rng(1000 + seed)
        mixed = within_items(x, groups, rng) if groups.ndim == 2 else rng.permutation(groups)
        test = group_test(x, mixed, scale, n=deals, seed=seed)
        by_chance.append(benjamini_hochberg(test.item_p).mean())
    usual = float(np.mean(by_chance))
    share = bootstrap(np.mean, always.astype(float), clusters=clusters, n=1000)
    most = np.argsort(-tests[0].item_gap[always], kind="stable")[:5]
    told = ", ".join(items[always][most])
    least = math.ceil(len(always) / (0.05 * (deals + 1)))
    single = compared(
        claims[1],
        "share of items that stand out at a false discovery rate of 5 %",
        share.value,
        usual,
        dealt,
        Interval(share.value - usual, share.low - usual, share.high - usual, share.n),
        seeds=seeds,
        data=data,
        notes=f"{int(always.sum())} of {len(always)} under every seed"
        + (f", widest {told}" if told else "")
        + f"; the interval draws {len(np.unique(clusters))} groups of items; p of an item is at "
        f"least {1 / (deals + 1):.4f} with {deals} deals"
        + (f", so that items stand out only if {least} or more do" if least > 1 else ""),
    )
    return [overall, single]


def within_items(x: Floats, groups: NDArray[np.str_], rng: np.random.Generator) -> NDArray[np.str_]:
    """Return groups dealt anew over the ratings that each item has.

    Examples
    --------
    >>> x, groups = np.array([[1.0, np.nan, 2.0]]), np.array([["a", "b", "a"]])
    >>> within_items(x, groups, np.random.default_rng(0)).tolist()
    [['a', 'b', 'a']]
    """
    there = ~np.isnan(x)
    first = np.argsort(~there, axis=1, kind="stable")
    anew = np.argsort(np.where(there, rng.random(x.shape), 2.0), axis=1, kind="stable")
    out = groups.copy()
    np.put_along_axis(out, first, np.take_along_axis(groups, anew, axis=1), axis=1)
    return out


def own(ratings: Floats, seeds: Sequence[int], draws: int) -> Finding:
    """Return whether tweets of one majority differ in disagreement, whoever rates them.

    Parameters
    ----------
    ratings
        From -4 to 4 [shape=(n_texts, n_raters)].
    seeds
        Of how raters are halved.
    draws
        Of the bootstrap over texts.
    """
    most = (ratings > 0).mean(axis=1) > 0.5
    x = ratings[most]
    table = np.stack([halved(x, seed) for seed in seeds], axis=1)
    # Means of ten raters are rough, and so is what is left after them: the same is done to
    # tweets whose ratings are those of tweets with a like mean.
    drawn = [halved(of_like_mean(x, 100 + seed), seed) for seed in seeds]
    chance = float(np.mean([beyond_mean(rows) for rows in drawn]))

    def repeated(rows: Floats) -> float:
        return float(np.mean([beyond_mean(rows[:, k]) for k in range(rows.shape[1])])) - chance

    gap = bootstrap(repeated, table, n=draws)
    raw = np.mean([np.corrcoef(rows[:, 0], rows[:, 1])[0, 1] for rows in table.swapaxes(0, 1)])
    whole = pairwise_disagreement(x, (-4, 4))
    low, high = np.quantile(whole, [0.1, 0.9])
    return compared(
        "among tweets that most raters call positive, disagreement is the tweet's own: what one "
        "half of its raters show, the other half repeats, beyond what the mean foretells",
        "partial correlation of disagreement in two halves of raters, given both means",
        gap.value + chance,
        chance,
        "ratings dealt among tweets of like mean",
        gap,
        seeds=seeds,
        data=vader.FACTS.folder,
        notes=f"{len(x)} tweets of {x.shape[1]} ratings; without the means {raw:.3f}; by all "
        f"raters, a tenth of tweets have disagreement below {low:.3f}, a tenth above {high:.3f} "
        "of the scale; means enter with their squares",
    )


def halved(ratings: Floats, seed: int) -> Floats:
    """Return disagreement and mean of two halves of each text's raters [shape=(n_texts, 4)]."""
    dealt = np.random.default_rng(seed).permuted(ratings, axis=1)
    half = ratings.shape[1] // 2
    parts = dealt[:, :half], dealt[:, half:]
    apart = [pairwise_disagreement(part, (-4, 4)) for part in parts]
    return np.column_stack([*apart, *(part.mean(axis=1) for part in parts)])


def of_like_mean(ratings: Floats, seed: int, reach: int = 15) -> Floats:
    """Return texts whose ratings are drawn from those of the texts nearest in mean.

    Their disagreement can be foretold from the mean, and by nothing else.

    Parameters
    ----------
    ratings
        [shape=(n_texts, n_raters)].
    seed
        Of the draws.
    reach
        How many texts to either side are drawn from.
    """
    rng = np.random.default_rng(seed)
    n, k = ratings.shape
    ordered = ratings[np.argsort(ratings.mean(axis=1), kind="stable")]
    row = np.clip(np.arange(n)[:, None] + rng.integers(-reach, reach + 1, (n, k)), 0, n - 1)
    return np.asarray(ordered[row, rng.integers(0, k, (n, k))])


def beyond_mean(rows: Floats) -> float:
    """Return the correlation of two halves' disagreement, freed of both halves' means.

    Parameters
    ----------
    rows
        Disagreement of either half, mean of either half [shape=(n, 4)].

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> m = rng.normal(size=500)
    >>> apart = (m**2)[:, None] + rng.normal(size=(500, 2))
    >>> abs(beyond_mean(np.column_stack([apart, m, m]))) < 0.15
    True
    >>> own = rng.normal(size=500)[:, None] + apart
    >>> beyond_mean(np.column_stack([own, m, m])) > 0.4
    True
    """
    mean = rows[:, 2:]
    given = np.column_stack([np.ones(len(rows)), mean, mean**2, mean.prod(axis=1)])
    left = rows[:, :2] - given @ np.linalg.lstsq(given, rows[:, :2], rcond=None)[0]
    return float(np.corrcoef(left[:, 0], left[:, 1])[0, 1])


def drifting(tracks: dict[str, Floats], seeds: Sequence[int], draws: int) -> Finding:
    """Return whether listeners of a piece are further apart at its end than in its middle.

    Parameters
    ----------
    tracks
        Valence and arousal of each listener, by piece [shape=(n_listeners, n_steps, 2)].
    seeds, draws
        The first seeds the bootstrap over pieces.
    """
    rows = np.array([thirds(track[:, :, 0]) for track in tracks.values()])
    others = np.array([thirds(track[:, :, 1]) for track in tracks.values()])

    def rise(x: Floats) -> float:
        return float((x[:, 2] - x[:, 1]).mean())

    gap = bootstrap(rise, rows, n=draws, seed=seeds[0])
    arousal = bootstrap(rise, others, n=draws, seed=seeds[0])
    begin, middle, end = rows.mean(axis=0)
    return compared(
        "listeners to a piece are further apart in valence in its last third than in its middle",
        "disagreement over time, share of the scale",
        float(end),
        float(middle),
        "the middle third",
        gap,
        seeds=seeds,
        data=TRACES,
        notes=f"{len(rows)} pieces of some thirty listeners each; first third {begin:.3f}, where "
        "all sliders come from the same place, so that it is left out; arousal: "
        f"last less middle third {arousal}; the pieces' names and the listeners' are not used",
    )


def thirds(track: Floats) -> Floats:
    """Return disagreement in the first, second and last third of a trace [shape=(3,)].

    Parameters
    ----------
    track
        In [-1, 1] [shape=(n_listeners, n_steps)].

    Examples
    --------
    >>> thirds(np.array([[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, -1, -1]]))
    array([0., 0., 1.])
    """
    apart = pairwise_disagreement(np.clip(track, -1, 1).T, (-1, 1))
    return np.array([part.mean() for part in np.array_split(apart, 3)])


if __name__ == "__main__":
    from affectkit.recipes.run import main

    main()
