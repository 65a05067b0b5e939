"""Tables of faces under the column names of OpenFace and py-feat, in and out."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from typing import Literal

import pandas as pd

from affectkit.errors import MediaError

Style = Literal["openface", "pyfeat"]

_OPENFACE = {"time_s": "timestamp", "score": "confidence"}
_OPENFACE_RADIANS = {"pitch": "pose_Rx", "yaw": "pose_Ry", "roll": "pose_Rz"}
_PYFEAT = {
    "time_s": "approx_time",
    "person": "Identity",
    "x": "FaceRectX",
    "y": "FaceRectY",
    "w": "FaceRectWidth",
    "h": "FaceRectHeight",
    "score": "FaceScore",
    "pitch": "Pitch",
    "yaw": "Yaw",
    "roll": "Roll",
}
_UNIT = re.compile(r"au_(\d\d)")
_INTENSITY = 5.0


def write_faces(faces: pd.DataFrame, style: Style) -> str:
    """Return the table of faces as CSV; `read_faces` reverses it.

    OpenFace's action units run from 0 to 5 and its angles are in radians; ours from 0 to 1
    and in degrees. The units are derived from blendshapes, not measured. Columns that the
    style has no name for keep theirs.

    Parameters
    ----------
    faces
        One row per face and frame, with ``time_s`` (seconds), ``person``, box ``x, y, w, h``
        (pixels), ``yaw, pitch, roll`` (degrees), ``au_*`` (0 to 1) and others.
    style
        ``"openface"`` (Baltrušaitis et al. 2018) or ``"pyfeat"`` (Cheong et al. 2023).

    Examples
    --------
    >>> table = pd.DataFrame({"time_s": [0.2], "person": ["Ann"], "au_12": [0.5]})
    >>> print(write_faces(table, "openface"))
    frame,timestamp,person,success,AU12_r
    1,0.2,Ann,1,2.5
    <BLANKLINE>
    """
    out = faces.copy()
    times = {t: i for i, t in enumerate(sorted(set(out["time_s"])), start=1)}
    out.insert(0, "frame", out["time_s"].map(times).astype("int64"))
    if style == "pyfeat":
        out["frame"] -= 1
        names = {**_PYFEAT, **_units(out, "AU{}")}
        return out.rename(columns=names).to_csv(index=False)
    for ours in _OPENFACE_RADIANS:
        if ours in out:
            out[ours] = out[ours].astype("float64") * (math.pi / 180)
    units = _units(out, "AU{}_r")
    for ours in units:
        out[ours] = out[ours].astype("float64") * _INTENSITY
    at = list(out.columns).index("person") + 1 if "person" in out else 1
    out.insert(at, "success", 1)
    return out.rename(columns={**_OPENFACE, **_OPENFACE_RADIANS, **units}).to_csv(index=False)


def read_faces(text: str, name: str = "the file") -> pd.DataFrame:
    """Return a table of faces from a CSV file of OpenFace or py-feat, under our names.

    ``time_s``, ``person``, box, angles (degrees) and ``au_*`` (0 to 1) are renamed and
    rescaled; other columns come as they are.

    Raises
    ------
    MediaError
        If it has the columns of neither.
    """
    try:
        table = pd.read_csv(io.StringIO(text), skipinitialspace=True, low_memory=False)
    except (ValueError, pd.errors.ParserError, RecursionError, OverflowError) as error:
        raise MediaError(f"{name} cannot be read as a table ({str(error)[:120]})") from None
    table.columns = [str(column).strip() for column in table.columns]
    if "timestamp" in table or any(re.fullmatch(r"AU\d\d_r", c) for c in table.columns):
        return _from_openface(table, name)
    if "FaceRectX" in table or "approx_time" in table:
        back = {theirs: ours for ours, theirs in _PYFEAT.items()}
        back |= {c: f"au_{c[2:]}" for c in table.columns if re.fullmatch(r"AU\d\d", c)}
        return table.rename(columns=back).drop(columns=["frame"], errors="ignore")
    raise MediaError(
        f"{name} has neither the columns of OpenFace nor of py-feat",
        remedy="it needs a column timestamp or FaceRectX",
    )


def _from_openface(table: pd.DataFrame, name: str) -> pd.DataFrame:
    back = {theirs: ours for ours, theirs in {**_OPENFACE, **_OPENFACE_RADIANS}.items()}
    back |= {c: f"au_{c[2:4]}" for c in table.columns if re.fullmatch(r"AU\d\d_r", c)}
    back["face_id"] = "person"
    scales = dict.fromkeys(_OPENFACE_RADIANS, 180 / math.pi)
    scales |= {ours: 1 / _INTENSITY for ours in back.values() if _UNIT.fullmatch(ours)}
    out = table.rename(columns={k: v for k, v in back.items() if v not in table.columns})
    for column, scale in scales.items():
        if column in out:
            try:
                out[column] = out[column].astype("float64") * scale
            except (ValueError, TypeError):
                raise MediaError(f"the column {column} of {name} does not hold numbers") from None
    return out.drop(columns=["frame", "success"], errors="ignore")


def _units(table: pd.DataFrame, pattern: str) -> Mapping[str, str]:
    found = ((c, _UNIT.fullmatch(str(c))) for c in table.columns)
    return {c: pattern.format(match[1]) for c, match in found if match}
