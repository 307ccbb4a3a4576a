"""What either library needs for names: what to leave out of one, and which of many are alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

# Marks that go, forms that scripts without spaces join to a name, and forms that are words of their own.
MARKS = r"[\u0300-\u036f\u064b-\u0655\u0640\u200b-\u200f\u202a-\u202e\u2060\ufeff.'’‘`]"
JOINED_FORMS = r"株式会社|有限会社|合同会社|合資会社|合名会社|(?:股份|私人)?有限(?:责任|責任)?公司|주식회사|유한회사"
FORMS = (
    r"\b(?:pte|pvt|pty|ltd|limited|sdn|bhd|berhad|inc|incorporated|corp|corporation|llc|llp|plc|gmbh|sarl|srl|wll"
    r"|ذ ?م ?م)\b"
)
LAST_FORMS = r"\s(?:co|company|ag|sa|spa|nv|bv|ab|as|oy|kk|kg|se|lp)\s*$"

ROWS = 256
# Likeness is told to nine digits; the library's own cut-off takes away what is just at the limit.
HALF_A_DIGIT = 5e-10
ROOM = 0.01


def alike(names: list[str], least: float, least_of_words: float) -> npt.NDArray[np.intp]:
    """Places of every two names that are alike (Jaro-Winkler), and so are the words that they do not share.

    Two columns, the place of the former name and that of the latter.
    """
    least, least_of_words = least - HALF_A_DIGIT, least_of_words - HALF_A_DIGIT
    found = []
    for start in range(0, len(names), ROWS):
        likeness = cdist(
            names[start : start + ROWS],
            names[start:],
            scorer=JaroWinkler.similarity,
            score_cutoff=least - ROOM,
            dtype=np.float64,
            workers=-1,
        )
        for one, other in np.argwhere(np.triu(likeness >= least, 1)) + start:
            a, b = names[one].split(), names[other].split()
            apart = [" ".join(word for word in x if word not in y) for x, y in ((a, b), (b, a))]
            if not all(apart) or JaroWinkler.similarity(*apart) >= least_of_words:
                found.append((one, other))
    return np.array(found, dtype=np.intp).reshape(-1, 2)
