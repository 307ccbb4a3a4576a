"""What a paper says: its JSON holds these texts in English, and a page says them again in the reader's language."""

from __future__ import annotations

from workbench.language import mark
from workbench.language.retelling import retold

# The population, its tie and its strata.
LEFT_OVER = mark("population, what the controls left over")
TAKEN_OUT = mark("found by controls, taken out")
NOT_LIVE, REVERSED = mark("drafts and cancelled, not live"), mark("reversed, not live")
ALL_ROWS = mark("all {table} of the scope")
NO_FINDINGS = mark("No findings were given, so nothing that the controls found was taken out.")
NAMED = mark("The findings name {subjects} subjects; {found} {table} of this scope are or belong to them.")
OTHERS = mark("The others are of other tables, periods, entities or currencies, and take nothing out.")
ALL, UNDER, FROM, BETWEEN = mark("all"), mark("under {high}"), mark("from {low}"), mark("{low} to {high}")
HIGH, SAMPLED = mark("high-value"), mark("sampled")
NEYMAN = mark("Neyman on book values")
# How many.
LARGEST_M = mark("largest M of {items} items with P(X <= {found} | M) > {risk}: M = {most}")
WANTED = mark("Wanted: the smallest n with P(X <= k | {rate} %) <= {risk} ({distribution}).")
COUNTED = mark("k = ceil({expected} x {size}) = {found}, counted exactly.")
RATIO = mark("expected / tolerable = {expected} / {tolerable} = {ratio}")
FACTOR = mark("confidence factor CF = {factor} ({distribution}, {level} %)")
ALLOWANCE = mark("allowance A = tolerable - expected = {allowance}; t = {t}")
N0 = mark("n0 = (t x N x S / A)^2 with N = {items}, S = {spread}")
STRATA = mark("{count} strata of book values; allowance A = tolerable - expected = {allowance}")
SHARED = mark(
    "n = (sum of N x S)^2 / ((A / t)^2 + sum of N x S^2) = {size}, shared by Neyman, at least 2 each",
)
# How it was evaluated.
ALL_WHOLE = mark("Every item was taken whole, so nothing is projected and nothing is uncertain.")
BOOK = mark("B = {book} sampled, n = {hits} hits, B / n = {interval}")
TAINT = mark("taint = (book value - audited value) / book value; projection = sum of taint x B / n")
STRINGER = mark("limit = B x (p(0) + sum of (p(j) - p(j-1)) x taint j), taints from large to small (Stringer)")
CELL = mark("limit(j) = larger of limit(j-1) + taint j x B / n and p(j) x B x mean of the taints so far (cell)")
WHOLE_ADDED = mark("what was found in items taken whole is added to both, without allowance")
MEAN_PER_UNIT = mark("audited total = sum of N x mean audited value")
DIFFERENCE = mark("audited total = book value + sum of N x mean difference")
RATIO_IS, RATIO_TOTAL = mark("R = {ratio} (audited / book)"), mark("audited total = R x book value")
REGRESSION = mark("audited total = N x (mean audited + b x (mean book of all - mean book drawn))")
VARIANCE = mark("variance = sum of N x (N - n) / n x s^2 of the residuals, whole strata without")
STUDENT = mark("t = {factor} at {level} one-sided, {freedom} degrees of freedom; allowance = t x error")
STEPS = (
    LARGEST_M, WANTED, COUNTED, RATIO, FACTOR, ALLOWANCE, N0, STRATA, SHARED, ALL_WHOLE, BOOK, TAINT, STRINGER, CELL,
    WHOLE_ADDED, MEAN_PER_UNIT, DIFFERENCE, RATIO_IS, RATIO_TOTAL, REGRESSION, VARIANCE, STUDENT,
)  # fmt: skip
# What it concludes.
DEVIATE = mark(
    "{found} of {size} items deviate, {rate}. With {level} confidence no more than {limit} of the population deviates."
)
NO_RATE = mark("No tolerable rate was fixed, so the paper concludes no further.")
RATE_WITHIN = mark("That is within the tolerable {tolerable}: the sample supports reliance.")
RATE_PASSED = mark(
    "That passes the tolerable {tolerable}: the sample does not support reliance. Look at the cause of the deviations, "
    "test more items, or rely on something else."
)
PROJECTS = mark(
    "The sample projects an overstatement of {over} and an understatement of {under}. With {level} confidence the "
    "overstatement is no more than {most_over}, and, looked at on its own, the understatement no more than "
    "{most_under}."
)
NO_AMOUNT = mark("No tolerable misstatement was fixed, so the paper concludes no further.")
WITHIN = mark(
    "Both are within the tolerable {tolerable}: the sample supports the conclusion that {subject} not materially "
    "misstated."
)
PASSED = mark(
    "The larger, {largest}, passes the tolerable {tolerable}: the sample does not support the conclusion that "
    "{subject} not materially misstated. Look at the causes, have what was found corrected, or test more."
)
SUBJECTS = {
    "all": mark("the population is"),
    "positive": mark("the positive part of the population is"),
    "negative": mark("the negative part of the population is"),
    "zero": mark("the zero part of the population is"),
}
OVERSTATED = mark(
    "By {estimator} estimation the population should come to {audited}: it is overstated by {amount}, give or take "
    "{allowance}. With {level} confidence for each, the overstatement is no more than {most_over} and the "
    "understatement no more than {most_under}."
)
UNDERSTATED = mark(
    "By {estimator} estimation the population should come to {audited}: it is understated by {amount}, give or take "
    "{allowance}. With {level} confidence for each, the overstatement is no more than {most_over} and the "
    "understatement no more than {most_under}."
)
ESTIMATORS = (mark("mean-per-unit"), mark("difference"), mark("ratio"), mark("regression"))
NO_SPREAD = mark("The sample shows no spread, so {estimator} estimation has nothing to measure the uncertainty with.")
FEW_DIFFER = mark(
    "Only {differing} items differ; with fewer than {few} the normal approximation behind {estimator} estimation is "
    "doubtful and its limits may be too low."
)
CANNOT = mark(
    "{doubt} The paper cannot conclude; take mean-per-unit estimation, or a monetary unit sample.",
)
CHANGED = mark("Changed after the selection: {changes}.")
CHANGE = mark("{name} was fixed as {fixed} and evaluated as {other}")
CONCLUSIONS = (
    DEVIATE, NO_RATE, RATE_WITHIN, RATE_PASSED, PROJECTS, NO_AMOUNT, WITHIN, PASSED, *SUBJECTS.values(), OVERSTATED,
    UNDERSTATED, *ESTIMATORS, NO_SPREAD, FEW_DIFFER, CANNOT, CHANGED, CHANGE,
)  # fmt: skip
# Its figures, by name.
ITEMS_TESTED, DEVIATIONS = mark("Items tested"), mark("Deviations")
RATE, UPPER_LIMIT = mark("Rate in the sample (projection)"), mark("Upper limit, {level}")
SAMPLING_RISK, TOLERABLE_RATE = mark("Allowance for sampling risk"), mark("Tolerable rate")
HITS, BASIC_PRECISION = mark("Hits in the sampled part"), mark("Basic precision")
KNOWN_OVER, KNOWN_UNDER = (
    mark("Known overstatement, items taken whole"),
    mark("Known understatement, items taken whole"),
)
PROJECTED_OVER, PROJECTED_UNDER = mark("Projected overstatement"), mark("Projected understatement")
PROJECTED_NET, TOLERABLE = mark("Projected net misstatement"), mark("Tolerable misstatement")
MOST_OVER, MOST_UNDER = mark("Upper limit of overstatement, {level}"), mark("Upper limit of understatement, {level}")
DIFFER, BOOK_VALUE = mark("Items that differ"), mark("Book value")
ESTIMATED, PROJECTED = mark("Estimated audited value"), mark("Projected misstatement (book less audited)")
ERROR, RISK_ONE_SIDED = mark("Standard error"), mark("Allowance for sampling risk, {level} one-sided")
NONE, NONE_FIXED = mark("none"), mark("none fixed")
FIGURES = (
    ITEMS_TESTED, DEVIATIONS, RATE, UPPER_LIMIT, SAMPLING_RISK, TOLERABLE_RATE, HITS, BASIC_PRECISION, KNOWN_OVER,
    KNOWN_UNDER, PROJECTED_OVER, PROJECTED_UNDER, PROJECTED_NET, TOLERABLE, MOST_OVER, MOST_UNDER, DIFFER, BOOK_VALUE,
    ESTIMATED, PROJECTED, ERROR, RISK_ONE_SIDED, NONE, NONE_FIXED,
)  # fmt: skip
# Heads and cells of its tables.
HEADS_OF_DEVIATIONS = (mark("Deviating item"), mark("Remark"))
HEADS_OF_STAGES = (
    mark("Direction"), mark("Stage"), mark("Taint"), mark("Upper rate"), mark("Projected"), mark("Added to the limit"),
    mark("Limit so far"),
)  # fmt: skip
HEADS_OF_STRATA = (
    mark("Stratum"), mark("Items"), mark("Book value"), mark("Drawn"), mark("Book value drawn"),
    mark("Audited value drawn"),
)  # fmt: skip
NOT_TESTED, OVER_BOOK, UNDER_BOOK = mark("not tested"), mark("over"), mark("under")
TABLES = (*HEADS_OF_DEVIATIONS, *HEADS_OF_STAGES, *HEADS_OF_STRATA, NOT_TESTED, OVER_BOOK, UNDER_BOOK)
POPULATIONS = (
    LEFT_OVER, TAKEN_OUT, NOT_LIVE, REVERSED, ALL_ROWS, NO_FINDINGS, NAMED, OTHERS, ALL, UNDER, FROM, BETWEEN, HIGH,
    SAMPLED, NEYMAN,
)  # fmt: skip
EVERY = (*STEPS, *CONCLUSIONS, *FIGURES, *TABLES, *POPULATIONS)


def told(text: str) -> str:
    """A text of a paper in the language in force; what is none of these (an id, a remark) stays."""
    return retold(text, EVERY, inner=("subject", "estimator", "doubt", "changes"))
