"""Maps that carry a distribution from one label set to another, at a stated loss."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectkit.affect.labels import LabelSet, label_set_names
from affectkit.errors import LabelError


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A row-stochastic matrix from one label set to another.

    Parameters
    ----------
    source, target
        The label sets it leads from and to.
    weights
        Share of each source label that goes to each target label, and last the share that
        no target label can take [shape=(n_source, n_target + 1)]. Each row sums to 1.
    citation
        Who proposed the correspondence, or how it was derived.
    steps
        Names of the label sets it passes through, ends included.

    Raises
    ------
    LabelError
        If the shape is wrong, a weight is negative, or a row does not sum to 1.

    Examples
    --------
    >>> ekman = LabelSet.load("ekman7")
    >>> same = LabelMap.between(ekman, ekman)
    >>> float(same.loss_bits)
    0.0
    """

    source: LabelSet
    target: LabelSet
    weights: NDArray[np.float64]
    citation: str = ""
    steps: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        weights = np.array(self.weights, dtype=np.float64)
        expected = (len(self.source), len(self.target) + 1)
        name = f"{self.source.name} -> {self.target.name}"
        if weights.shape != expected:
            raise LabelError(f"the map {name} has shape {weights.shape}, not {expected}")
        if np.any(weights < 0) or not np.allclose(weights.sum(axis=1), 1.0, atol=1e-9):
            bad = [
                label
                for label, row in zip(self.source.labels, weights, strict=True)
                if row.min() < 0 or abs(row.sum() - 1) > 1e-9
            ]
            raise LabelError(f"the map {name} does not add up to 1 for {bad}")
        weights.setflags(write=False)
        object.__setattr__(self, "weights", weights)
        if not self.steps:
            object.__setattr__(self, "steps", (self.source.name, self.target.name))

    @property
    def loss_bits(self) -> float:
        """Bits about the source label that the target label does not keep.

        The conditional entropy H(source | target) with every source label equally likely
        (Shannon 1948), where mass that no target label can take counts as wholly lost; 0 for
        a relabelling, log2(n_source) if everything is lost. A chain of maps never loses less
        than its first step.
        """
        n = len(self.source)
        joint = self.weights[:, :-1] / n
        marginal = joint.sum(axis=0, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            bits = np.where(joint > 0, joint * np.log2(joint / marginal), 0.0)
        erased = self.weights[:, -1].sum() / n * np.log2(n)
        return max(0.0, float(erased - bits.sum()))

    def apply(self, probabilities: ArrayLike) -> NDArray[np.float64]:
        """Carry distributions over the source to distributions over the target.

        Several labels of a multi-label source may hold at once. On the way to an exclusive
        target they share the mass in proportion, and what is missing to 1 goes to the
        source's neutral label if it has one. On the way to another multi-label set each
        target label holds if any of the source labels that carry it does, each taken by
        itself (noisy or; Pearl 1988). A row with a missing value stays missing throughout.

        Parameters
        ----------
        probabilities
            One number in [0, 1] per source label [shape=(..., n_source)].

        Returns
        -------
        numpy.ndarray
            [shape=(..., n_target)]. Rows of an exclusive target sum to 1 less the mass that
            no target label can take.

        Examples
        --------
        >>> ekman = LabelSet.load("ekman7")
        >>> LabelMap.between(ekman, ekman).apply([0, 0, 0, 1, 0, 0, 0])[3]
        np.float64(1.0)
        """
        p = np.asarray(probabilities, dtype=np.float64)
        if p.shape[-1] != len(self.source):
            raise LabelError(f"{p.shape[-1]} values do not fit {self.source.name!r}")
        shares = self.weights[:, :-1]
        if self.source.exclusive:
            return np.asarray(np.clip(p, 0.0, 1.0) @ shares)
        if self.target.exclusive:
            return np.asarray(share_mass(p, self.source) @ shares)
        # log1p keeps p * share tiny without rounding; the floor keeps log(0) out at p = share = 1.
        none = np.zeros((*p.shape[:-1], len(self.target)))
        for index, row in enumerate(shares):
            none += np.log1p(-np.clip(p[..., index, None] * row, 0.0, 1.0 - 1e-12))
        missing = np.isnan(p).any(axis=-1, keepdims=True)
        return np.where(missing, np.nan, np.clip(-np.expm1(none), 0.0, 1.0))

    @classmethod
    def between(cls, source: LabelSet, target: LabelSet) -> LabelMap:
        """Find the built-in map between two sets, through others if there is none direct.

        Of the shortest chains the one that loses fewest bits is taken; `steps` names it.
        For sets that are not built in, the map is derived word by word from the ontology.

        Raises
        ------
        LabelError
            If no chain of maps leads from `source` to `target`, and no word either.
        """
        if source == target:
            identity = np.hstack([np.eye(len(source)), np.zeros((len(source), 1))])
            return cls(source, target, identity, "identity", (source.name,))
        if _built_in(source) and _built_in(target):
            return _find(source.name, target.name)
        # The ontology is built on maps between its tiers, so it can only be asked late.
        from affectkit.affect.open_vocabulary import derive_map

        derived = derive_map(source, target)
        if not derived.weights[:, :-1].any():
            raise LabelError(
                f"no label of {source.name!r} means a label of {target.name!r}",
                remedy="name the labels by common emotion words, or build a LabelMap",
            )
        return derived

    def then(self, other: LabelMap) -> LabelMap:
        """Return the map that applies this one and then another."""
        if self.target != other.source:
            raise LabelError(f"{self.target.name} is not where {other.source.name} starts")
        onward = np.vstack([other.weights, np.eye(1, len(other.target) + 1, len(other.target))])
        return LabelMap(
            self.source,
            other.target,
            self.weights @ onward,
            "; ".join(filter(None, (self.citation, other.citation))),
            self.steps + other.steps[1:],
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LabelMap:
        """Build a map from plain values: ``{source, target, citation, weights, loss_bits}``.

        ``weights`` holds, for each source label, ``{target label: share}``; what is missing
        to 1 must be named ``"unmapped"``. A stated ``loss_bits`` is checked.

        Raises
        ------
        LabelError
            If labels are missing or unknown, rows do not sum to 1, or the loss is not as
            stated.
        """
        source, target = LabelSet.load(values["source"]), LabelSet.load(values["target"])
        rows: Mapping[str, Mapping[str, float]] = values["weights"]
        if set(rows) != set(source.labels):
            odd = sorted(set(rows) ^ set(source.labels))
            raise LabelError(f"the map {source.name} -> {target.name} misses or invents {odd}")
        weights = np.zeros((len(source), len(target) + 1))
        for label, row in rows.items():
            for goal, share in row.items():
                column = len(target) if goal == "unmapped" else target.index(goal)
                weights[source.index(label), column] = share
        built = cls(source, target, weights, values.get("citation", ""))
        stated = values.get("loss_bits")
        if stated is not None and abs(built.loss_bits - stated) > 0.005:
            raise LabelError(
                f"the map {source.name} -> {target.name} states a loss of {stated} bits "
                f"but loses {built.loss_bits:.3f}"
            )
        return built


def share_mass(probabilities: NDArray[np.float64], labels: LabelSet) -> NDArray[np.float64]:
    """Turn the separate probabilities of a multi-label set into one distribution.

    Parameters
    ----------
    probabilities
        One number in [0, 1] per label [shape=(..., n_labels)].
    labels
        The set; what is missing to 1 goes to its neutral label, if it has one.

    Returns
    -------
    numpy.ndarray
        [shape=(..., n_labels)], each row summing to at most 1.

    Examples
    --------
    >>> goemotions = LabelSet.load("goemotions28")
    >>> p = np.zeros(28); p[goemotions.index("joy")] = 0.4
    >>> shared = share_mass(p, goemotions)
    >>> round(float(shared[goemotions.index("neutral")]), 3)
    0.6
    """
    total = probabilities.sum(axis=-1, keepdims=True)
    shared = probabilities / np.maximum(total, 1.0)
    if labels.neutral is not None:
        shared = shared.copy()
        shared[..., labels.index(labels.neutral)] += np.maximum(1.0 - shared.sum(axis=-1), 0.0)
    return np.asarray(shared)


@cache
def built_in_maps() -> Mapping[tuple[str, str], LabelMap]:
    """Load every map file, keyed by the names of source and target."""
    folder = files("affectkit.affect").joinpath("data/label_maps")
    maps = {}
    for path in folder.iterdir():
        if path.name.endswith(".json"):
            built = LabelMap.from_dict(json.loads(path.read_text(encoding="utf-8")))
            maps[built.source.name, built.target.name] = built
    return maps


def _built_in(label_set: LabelSet) -> bool:
    return label_set.name in label_set_names() and LabelSet.load(label_set.name) == label_set


@cache
def _find(source: str, target: str) -> LabelMap:
    frontier = {source: [LabelMap.between(LabelSet.load(source), LabelSet.load(source))]}
    seen = {source}
    while frontier:
        reached: dict[str, list[LabelMap]] = {}
        for here, chains in frontier.items():
            for (start, end), step in built_in_maps().items():
                if start == here and end not in seen:
                    reached.setdefault(end, []).extend(chain.then(step) for chain in chains)
        if target in reached:
            return min(reached[target], key=lambda chain: chain.loss_bits)
        seen.update(reached)
        frontier = reached
    raise LabelError(
        f"no map leads from {source!r} to {target!r}",
        remedy="add one to affect/data/label_maps or choose another --labels",
    )
