"""Ten million lines load in bounded memory, and every one of them is accounted for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

REPO = Path(__file__).parents[1]
LINES = 10_000_000
MOST_MEGABYTES = 2_000
LOAD = """
import json, sys
from pathlib import Path
from bench.memory import peak
from workbench.load import load
loaded = load([Path(sys.argv[1])], "canonical", Path(sys.argv[2]))
print(json.dumps({"peak": peak() / 1024**2, **json.loads(loaded.as_json())}))
"""
WRITE = """
copy (
    select
        'L' || case when i % 1000003 = 7 then i - 1 else i end as invoice_line_id,
        'INV-' || lpad(cast(i // 5 as varchar), 8, '0') as invoice_id,
        i % 5 + 1 as line_number,
        case when i % 1000 = 999 then 'many' else cast(i % 97 + 1 as varchar) end as quantity,
        cast(i % 9973 as decimal(18, 2)) as unit_price,
        cast((i % 97 + 1) * (i % 9973) as decimal(18, 2)) as net_amount,
        case when i % 7 = 0 then '"quoted", remark' else 'what a line says' end as description
    from range($lines) as made(i)
) to '{file}' (header)
"""


def written(folder: Path, more: str = "") -> Path:
    folder.mkdir()
    file = folder / "invoice_lines.csv"
    duckdb.connect().execute(WRITE.format(file=file), {"lines": LINES})
    with file.open("a", encoding="utf-8") as stream:
        stream.write(more)
    return folder


def loaded_in_a_process(source: Path, out: Path) -> dict[str, object]:
    run = subprocess.run(
        [sys.executable, "-c", LOAD, source, out], capture_output=True, text=True, check=True, cwd=REPO
    )
    answer: dict[str, object] = json.loads(run.stdout)
    return answer


@pytest.mark.prove
@pytest.mark.parametrize(
    "more", ["", 'L-1,INV-1,1,1,1,1,5" pipe\nL-2,INV-1,1,1,1,1,"open\n'], ids=["clean", "broken quotes"]
)
def test_ten_million_lines_in_two_gigabytes(tmp_path: Path, more: str) -> None:
    answer = loaded_in_a_process(written(tmp_path / "in", more), tmp_path / "snapshot")
    entry = answer["tables"][0]  # type: ignore[index]
    extra = more.count("\n")
    assert entry["read"] == LINES + extra == entry["accepted"] + entry["rejected"]
    repeated = len(range(7, LINES, 1_000_003))
    unreadable = len(range(999, LINES, 1_000))
    assert entry["rejected"] == repeated + unreadable + extra // 2
    assert answer["peak"] < MOST_MEGABYTES  # type: ignore[operator]
