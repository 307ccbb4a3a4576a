"""One measurement in a process of its own: python -m bench.child TASK, both TASK and what it prints being JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import date
from pathlib import Path

from bench.memory import peak
from bench.work import ready


def main(text: str) -> None:
    """Do the task and print its seconds, the peak memory in bytes and the findings."""
    task = json.loads(text)
    if task["memory"]:
        resource.setrlimit(resource.RLIMIT_DATA, (task["memory"], task["memory"]))
    work = ready(task["way"], task["control_id"], Path(task["folder"]), date.fromisoformat(task["as_of"]), task["own"])
    started = time.perf_counter()
    findings = work()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak": peak(), "findings": findings}))


if __name__ == "__main__":
    main(sys.argv[1])
