"""A load as a specialist sees it: every row accounted for, rejects as they came, all escaped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import synthetic
from workbench.snapshot import open_snapshot
from workbench.widgets.loading import LoadShown, load_folder

CUSTOMERS = f"""customer_id,name,status,opened_on,parent_id
C-1,Aurora Textiles,active,2024-01-31,C-9
C-2,"{synthetic.HOSTILE[0]}",active,2024-02-30,
C-3,Cedar Clinics,active,2024-03-01,
"""


@pytest.fixture
def shown(tmp_path: Path) -> LoadShown:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    return load_folder(str(exports), out=str(tmp_path / "books"))


def test_rows_read_are_accepted_or_rejected(shown: LoadShown) -> None:
    assert "3 rows read = 2 accepted + 1 rejected" in shown._repr_html_()
    assert open_snapshot(shown.folder).rows("customers") == 2


def test_a_reject_is_shown_as_it_came_and_escaped(shown: LoadShown) -> None:
    html = shown._repr_html_()
    assert "rejects/customers.csv: 1 of 1 rows" in html
    assert "2024-02-30" in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_reference_that_points_nowhere_is_named(shown: LoadShown) -> None:
    html = shown._repr_html_()
    assert "References that point nowhere" in html
    assert "customers.parent_id" in html
    assert "C-9" in html


def test_a_load_without_a_name_for_its_snapshot_takes_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    first, second = load_folder(str(exports)), load_folder(str(exports))
    assert (first.folder.name, second.folder.name) == ("exports-1", "exports-2")
