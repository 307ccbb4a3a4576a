"""A cash desk in a real JupyterLab: chosen, accepted and refused by mouse and keyboard, and still there tomorrow."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import PATIENCE, Lab, jupyterlab
from tests.receivable_books import write_snapshot
from workbench.settings import NOTEBOOKS

HOSTILE = "<img src=x onerror=document.body.dataset.hit=1>"
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cash")


@pytest.fixture(scope="module")
def lab(scratch: Path) -> Iterator[Lab]:
    """The real notebook on money that fits two invoices each, from customers whose names try to do harm."""
    invoices, receipts = [], []
    for number in range(3):
        owner = {"customer_id": f"C{number}", "entity_id": "E1", "currency": "SGD"}
        for twin in "AB":
            document = {"invoice_id": f"I{number}{twin}", "invoice_date": "2025-03-01", "due_date": "2025-03-31"}
            invoices.append(document | owner | {"gross_amount": f"{100 - number}"})
        for twin in "AB":
            money = {"receipt_id": f"R{number}{twin}", "received_on": "2025-03-20", "status": "unapplied"}
            receipts.append(money | owner | {"amount": f"{100 - number}"})
    customers = [{"customer_id": f"C{number}", "name": HOSTILE} for number in range(3)]
    books = write_snapshot(
        scratch / "books", invoices=invoices, receipts=receipts, customers=customers, applications=[]
    )
    notebooks = scratch / "notebooks"
    notebooks.mkdir()
    shutil.copy(NOTEBOOKS / "investigate_cash.ipynb", notebooks)
    own = {"WORKBENCH_WORKSPACE": str(scratch / "workspace")}
    with jupyterlab(notebooks, scratch, WORKBENCH_SNAPSHOT=str(books.folder), **own) as running:
        running.open("investigate_cash.ipynb")
        running.quiet()
        running.run_all()
        running.page.wait_for_selector(".wbc-row", timeout=PATIENCE)
        yield running


def state(lab: Lab, receipt: str, wanted: str) -> None:
    """Wait until a receipt of the list has a state."""
    script = "([name, state]) => document.querySelector(`[data-receipt='${name}']`)?.dataset.state === state"
    lab.until(script, [receipt, wanted])


def opened(lab: Lab, receipt: str) -> None:
    lab.until(
        "(name) => document.querySelector('.wbc-row[aria-selected=true]')?.dataset.receipt === name"
        " && document.querySelector('.wbc-ways h4').textContent.includes(name)",
        receipt,
    )


def said(lab: Lab, words: str) -> None:
    lab.until("(words) => document.querySelector('.wbc-said').textContent.includes(words)", words)


def test_a_receipt_is_chosen_and_accepted_by_mouse_and_the_second_taker_is_told(lab: Lab) -> None:
    page: Any = lab.page
    page.locator("[data-receipt=R0A]").click()
    opened(lab, "R0A")
    page.locator(".wbc-ways button", has_text="Accept").first.click()
    state(lab, "R0A", "accepted")
    assert "counter.accept('M" in page.locator(".wbc-code").inner_text()
    assert lab.kernel("len(counter.desk.accepted)") == "1"
    taken = page.locator(".wbc-way", has=page.locator(".wbc-holds")).locator(".wbc-item").inner_text()
    page.locator("[data-receipt=R0B]").click()
    opened(lab, "R0B")
    page.locator(".wbc-way", has_text=taken.split()[0]).get_by_role("button").click()
    said(lab, "is taken by receipt R0A already")
    assert page.locator(".wbc-said.wbc-failed").count() == 1
    assert lab.kernel("len(counter.desk.accepted)") == "1"


def test_the_desk_is_worked_by_keyboard_alone(lab: Lab) -> None:
    page: Any = lab.page
    page.locator("[data-receipt=R1A]").click()
    opened(lab, "R1A")
    page.keyboard.press("1")
    state(lab, "R1A", "accepted")
    page.keyboard.press("ArrowDown")
    opened(lab, "R1B")
    page.keyboard.press("r")
    state(lab, "R1B", "refused")
    page.keyboard.press("u")
    state(lab, "R1B", "to be decided")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.textContent") == "Accept"
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.getAttribute('role')") == "listbox"


def test_a_refusal_has_a_reason_and_all_of_it_is_there_after_the_kernel_started_anew(lab: Lab) -> None:
    page: Any = lab.page
    page.locator("[data-receipt=R2A]").click()
    opened(lab, "R2A")
    page.locator(".wbc-why").fill('asked "them"')
    page.get_by_role("button", name="Refuse").click()
    state(lab, "R2A", "refused")
    before = lab.kernel("counter.code")
    lab.page.evaluate(RESTART)
    lab.run_all()
    page.wait_for_selector(".wbc-row", timeout=PATIENCE)
    state(lab, "R2A", "refused")
    assert lab.kernel("counter.code") == before
    assert "asked" in before


def test_what_was_accepted_goes_out_as_a_file_for_the_erp(lab: Lab, scratch: Path) -> None:
    page: Any = lab.page
    page.locator(".wbc-file").fill(str(scratch / "out.csv"))
    page.get_by_role("button", name="Write applications").click()
    said(lab, "2 applications are in")
    with (scratch / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["receipt_id"] for row in rows} == {"R0A", "R1A"} and {row["currency"] for row in rows} == {"SGD"}


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_stands_in_the_way_of_a_screen_reader_in_either_theme(lab: Lab, theme: str) -> None:
    lab.theme(theme)
    lab.page.wait_for_selector(".wbc-row", timeout=PATIENCE)
    lab.page.locator(".wbc").scroll_into_view_if_needed()
    lab.picture(f"cash-{theme.rsplit(maxsplit=1)[-1].lower()}")
    assert lab.grave(".wbc") == []


def test_hostile_names_are_text_and_nothing_leaves_the_machine(lab: Lab) -> None:
    assert lab.page.locator(".wbc-from").first.inner_text() == HOSTILE
    assert lab.page.evaluate("() => document.body.dataset.hit ?? ''") == ""
    assert lab.strays == []
    assert not [error for error in lab.errors if "wbc" in error or "TypeError" in error], json.dumps(lab.errors)
