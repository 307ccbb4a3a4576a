"""Loops that numba compiles once and keeps on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])
each = numba.prange
threads = numba.set_num_threads


def compiled(function: Function) -> Function:
    """The function as machine code."""
    return cast("Function", numba.njit(cache=True, nogil=True)(function))


def parallel(function: Function) -> Function:
    """The function as machine code whose `each` loops run on all cores; no step may touch what another one writes."""
    return cast("Function", numba.njit(cache=True, nogil=True, parallel=True)(function))
