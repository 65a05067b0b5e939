"""Pictures of debiasing methods, utility against gap, from the findings recorded for paper 122.

``python -m affectkit.report.debias_picture docs/findings/122.json docs/images`` writes one a ratio.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd

from affectkit.errors import DataError
from affectkit.learn.debias.methods import METHODS
from affectkit.optional import require
from affectkit.recipes.finding import Finding, read_findings
from affectkit.report.pareto_plot import plot_pareto

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

_ALL = re.compile(r"; all: (.+)$")
_ONE = re.compile(r"^(?P<method>.+) (?P<gap>\d\.\d+) \(.+\), F1 (?P<utility>\d\.\d+)$")
_NONE = re.compile(
    r"without a method the gap is (?P<gap>\d\.\d+), from seed to seed (?P<low>\d\.\d+) to "
    r"(?P<high>\d\.\d+) .*?, F1 (?P<utility>\d\.\d+)"
)
_RATIO = re.compile(r"\bat 1:(\d+)\b")

_PLACES = tuple((x, y) for y in (4, -11, -3, 14, 22, -21) for x in (4, -4, 10, -10))
"""Where a name may stand from its point, in points, the first that is free."""


def recorded_methods(findings: Sequence[Finding]) -> dict[int, pd.DataFrame]:
    """Return the means of every method by how many times rarer one sex was in training.

    Parameters
    ----------
    findings
        As recorded for paper 122; one for each ratio lists all methods in its notes.

    Returns
    -------
    dict of int to pandas.DataFrame
        ``method, family, utility, gap``, a row a method, with the least and the largest gap of
        a seed without any method in the table's ``attrs["seeds"]``.

    Raises
    ------
    DataError
        If no finding lists the methods, or a method is not known.

    Examples
    --------
    >>> notes = (
    ...     "without a method the gap is 0.175, from seed to seed 0.127 to 0.202 (standard "
    ...     "deviation 0.030), F1 0.463; not beaten in both: MMD; all: MMD 0.167 (-0.1 to +0.1), "
    ...     "F1 0.490; CVaR 0.187 (-0.045 to +0.076), F1 0.481"
    ... )
    >>> found = Finding(
    ...     "the best at 1:9 helps", "gap", 0.167, 0.175, "none", -0.1, 0.1, 14, (0,), ("set",),
    ...     holds=False, notes=notes,
    ... )
    >>> recorded_methods([found])[9]["gap"].tolist()
    [0.175, 0.167, 0.187]
    """
    out = {}
    for found in findings:
        listed, ratio = _ALL.search(found.notes), _RATIO.search(found.claim)
        plain = _NONE.search(found.notes)
        if listed is None or ratio is None or plain is None:
            continue
        rows = [("none", "none", float(plain["utility"]), float(plain["gap"]))]
        for entry in listed[1].split("; "):
            one = _ONE.match(entry)
            if one is None or one["method"] not in METHODS:
                raise DataError(
                    f"the notes on {found.claim!r} hold {entry[:80]!r}, which is no method",
                    remedy="record it again: affectkit papers run 122 --full --record",
                )
            method = one["method"]
            family = METHODS[method].family
            rows.append((method, family, float(one["utility"]), float(one["gap"])))
        table = pd.DataFrame(rows, columns=["method", "family", "utility", "gap"])
        table.attrs["seeds"] = (float(plain["low"]), float(plain["high"]))
        out[int(ratio[1])] = table
    if not out:
        raise DataError(
            "no finding lists the methods of paper 122",
            remedy="give docs/findings/122.json, or record it: affectkit papers run 122 --full "
            "--record",
        )
    return out


def write_pictures(findings: str | os.PathLike[str], folder: str | os.PathLike[str]) -> list[Path]:
    """Write a picture of the methods for each ratio, ``debiasing-1-9.svg``; return their paths.

    The band is what the seed alone does to the gap without any method.

    Parameters
    ----------
    findings
        Recorded for paper 122, such as ``docs/findings/122.json``.
    folder
        Where to write. The same findings give the same files.

    Raises
    ------
    DataError
        If the file does not list the methods.
    MissingExtraError
        Without the extra ``plot``.

    Examples
    --------
    >>> write_pictures("docs/findings/122.json", "docs/images")  # doctest: +SKIP
    """
    written = []
    matplotlib = require("matplotlib", extra="plot")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for ratio, table in recorded_methods(read_findings(findings)).items():
        with matplotlib.rc_context({"svg.hashsalt": "affectkit", "svg.fonttype": "none"}):
            figure = plot_pareto(table, gap="RMS over emotions of the difference in recall")
            axes = figure.axes[0]
            low, high = table.attrs["seeds"]
            axes.axvspan(low, high, color="#888888", alpha=0.12, zorder=-1,
                         label="no method, seed by seed")  # fmt: skip
            axes.margins(x=0.15, y=0.15)
            _apart(axes)
            axes.set_title(f"One sex {ratio} times rarer in training", fontsize=10)
            axes.legend(fontsize=8, frameon=False, loc="lower right")
            text = io.StringIO()
            figure.savefig(text, format="svg", metadata={"Date": None})
        path = target / f"debiasing-1-{ratio}.svg"
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        lines = [line.rstrip() for line in text.getvalue().splitlines()]
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        os.replace(beside, path)
        written.append(path)
    return written


def _apart(axes: Axes) -> None:
    """Put each name where it covers no other name and no point, if there is such a place."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    names = cast("list[Annotation]", list(axes.texts))
    points = [((n.xy[0] - left) / (right - left), (n.xy[1] - low) / (high - low)) for n in names]
    taken = [(x - 0.008, x + 0.008, y - 0.012, y + 0.012) for x, y in points]
    for name, (x, y) in zip(names, points, strict=True):
        # Of a name in points of 1/72 inch, on axes of about 500 by 300.
        wide, tall = 0.0093 * len(name.get_text()), 0.032
        best, least = (4, 4), len(names) * 2
        for dx, dy in _PLACES:
            start = x + dx / 500 - (wide if dx < 0 else 0)
            base = y + dy / 300
            box = (start, start + wide, base, base + tall)
            covered = sum(_cover(box, other) for other in taken) + (start < 0 or box[1] > 1)
            if covered < least:
                best, least, kept = (dx, dy), covered, box
        name.set_horizontalalignment("left" if best[0] > 0 else "right")
        name.set_position(best)
        taken.append(kept)


def _cover(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


if __name__ == "__main__":
    for picture in write_pictures(*sys.argv[1:3]):
        print(picture)
