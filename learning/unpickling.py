"""Unpickling that builds only objects of named classes.

A pickle is a program: it may name any callable. `find_class` is where it does so, and here it may
name only what the server lists (https://docs.python.org/3/library/pickle.html#restricting-globals).
What this does not protect against stands in docs/security.md.
"""

import io
import pickle
import warnings
from collections.abc import Set
from typing import Any

# What numpy arrays and scalars need, in the spellings of numpy 1 and 2.
NUMPY_CLASSES = frozenset(
    f"numpy{core}.multiarray.{name}"
    for core in ("._core", ".core")
    for name in ("_reconstruct", "scalar")
) | {"numpy.ndarray", "numpy.dtype", "numpy._core.numeric._frombuffer"}


class ForbiddenClass(ValueError):
    """The pickle names a class that is not on the server's list."""


class _ListedUnpickler(pickle.Unpickler):
    def __init__(self, content: bytes, allowed: Set[str]) -> None:
        super().__init__(io.BytesIO(content))
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        dotted = f"{module}.{name}"
        if dotted not in self._allowed:
            raise ForbiddenClass(f"the pickle names {dotted}, which is not on the server's list")
        return super().find_class(module, name)


def unpickle(content: bytes, *, allowed: Set[str]) -> Any:
    """Build the object that `content` describes from the classes in `allowed` only.

    Raises ForbiddenClass for any other class, ValueError for bytes that are no whole pickle or
    that another scikit-learn wrote (its internals may differ, and so may its answers).
    """
    # Not at the top: it takes as long as all else that a process begins with.
    from sklearn.exceptions import InconsistentVersionWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            return _ListedUnpickler(content, allowed | NUMPY_CLASSES).load()
        except ForbiddenClass:
            raise
        except InconsistentVersionWarning as warning:
            raise ValueError(
                f"the model was made with scikit-learn {warning.original_sklearn_version}, "
                f"this server runs {warning.current_sklearn_version}; train it again"
            ) from warning
        except Exception as error:  # a damaged pickle may raise anything
            raise ValueError(f"the pickle cannot be read: {error}") from error
