"""What the notebook calls things, so that code to copy runs where it is pasted."""

from __future__ import annotations

import re

from IPython import get_ipython

NAME = re.compile(r"[a-z]\w*", re.IGNORECASE)


def name_of(thing: object, otherwise: str) -> str:
    """The variable of the notebook that holds a thing; the other name where none does."""
    shell = get_ipython()
    if shell is None:
        return otherwise
    found = [name for name, value in list(shell.user_ns.items()) if value is thing and NAME.fullmatch(name)]
    return found[0] if found else otherwise
