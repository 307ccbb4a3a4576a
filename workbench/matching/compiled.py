"""Loops that numba compiles once and keeps on disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

# Threads that wait for work leave the cores to others: spinning took thirty times the processor of a small matching.
# The library that runs them reads this when it is loaded, so it is said before.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import numba

Function = TypeVar("Function", bound=Callable[..., Any])
Result = TypeVar("Result")
each = numba.prange
threads = numba.set_num_threads


def compiled(function: Function) -> Function:
    """The function as machine code."""
    return cast("Function", numba.njit(cache=True, nogil=True)(function))


def parallel(function: Function) -> Function:
    """The function as machine code whose `each` loops run on all cores; no step may touch what another one writes."""
    return cast("Function", numba.njit(cache=True, nogil=True, parallel=True)(function))


def together(*steps: Callable[[], Result]) -> list[Result]:
    """What some steps give, made at the same time; for steps of Arrow, which leave the interpreter free.

    No step may run a `parallel` function: not every way in which numba runs threads allows two at once.
    """
    with ThreadPoolExecutor(len(steps)) as pool:
        return [made.result() for made in [pool.submit(step) for step in steps]]
