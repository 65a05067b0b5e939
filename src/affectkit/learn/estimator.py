"""scikit-learn's contract for constructor arguments, without needing scikit-learn."""

from __future__ import annotations

import inspect
from typing import Any, Self


class Estimator:
    """Base of everything that learns here: parameters are constructor arguments.

    A subclass stores each constructor argument under its own name and keeps what it learns
    under names that end in ``_``; `sklearn.base.clone`, pipelines and searches then work.

    Examples
    --------
    >>> class Constant(Estimator):
    ...     def __init__(self, *, value=1.0):
    ...         self.value = value
    >>> Constant(value=2.0).get_params()
    {'value': 2.0}
    >>> Constant().set_params(value=3.0)
    Constant(value=3.0)
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor arguments by name; `deep` is there for the contract."""
        names = [n for n in inspect.signature(type(self).__init__).parameters if n != "self"]
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Set constructor arguments by name, and return the estimator.

        Raises
        ------
        ValueError
            If there is no such argument.
        """
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's description of the estimator (asked for since 1.6)."""
        from sklearn.utils import Tags, TargetTags

        kind = getattr(self, "_estimator_type", None)
        return Tags(estimator_type=kind, target_tags=TargetTags(required=True))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({inside})"
