"""The names that commands and modules share; nothing here is slow to import."""

from __future__ import annotations

METHODS = ("attribute", "mus", "random", "systematic", "stratified")
DISTRIBUTIONS = ("binomial", "poisson", "hypergeometric")
BOUNDS = ("stringer", "cell")
ESTIMATORS = ("mean-per-unit", "difference", "ratio", "regression")
PARTS = ("all", "positive", "negative", "zero")
