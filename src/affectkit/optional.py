"""Optional dependencies are imported where they are used, through this one door."""

from __future__ import annotations

import importlib
from types import ModuleType

from affectkit.errors import MissingExtraError


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional module, or say which extra brings it.

    Parameters
    ----------
    module
        Dotted module name, such as ``"matplotlib.pyplot"``.
    extra
        The extra of affectkit that installs it.

    Raises
    ------
    MissingExtraError
        If the module is not installed.

    Examples
    --------
    >>> require("json", extra="plot").__name__
    'json'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"this needs the Python package {module.split('.')[0]!r}, which is not installed",
            remedy=f"pip install 'affectkit[{extra}]'",
        ) from error
