"""Papers from population to conclusion: state in a file, results checked, pages escaped."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from workbench.errors import GateError, WorkbenchError
from workbench.sampling.command import command
from workbench.sampling.paper import Paper, open_paper, sample_evaluate, sample_redo, sample_select
from workbench.sampling.population import Population
from workbench.sampling.size import sample_size
from workbench.sampling.sources import sample_population

LEVEL = Decimal("0.95")
Row = dict[str, str]


@pytest.fixture
def books(tmp_path: Path) -> Path:
    file = tmp_path / "invoices.csv"
    lines = [f"INV{n:04},{(n * 7919) % 9973 + 1}.25,SGD,<b>name {n}</b>" for n in range(400)]
    lines += ["CRM1,-250.00,SGD,credit", "CRM2,-10.50,SGD,=1+1", "ZERO,0.00,SGD,nothing"]
    file.write_text("\n".join(["item_id,book_value,currency,description", *lines]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def population(books: Path) -> Population:
    return sample_population(books)


def fill(folder: Path, change: Callable[[Row], object] = id) -> None:
    """Every audited value as the book says, then what `change` does to a row."""
    file = folder / "sample.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    column = "audited_value" if "audited_value" in rows[0] else "deviation"
    for row in rows:
        row[column] = row["book_value"] if column == "audited_value" else "no"
        change(row)
    write(file, rows)


def write(file: Path, rows: list[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def mus(population: Population, folder: Path, **more: Any) -> Paper:
    asked: dict[str, Any] = {"method": "mus", "seed": 7, "tolerable": 100_000} | more
    return sample_select(population, out=folder, **asked)


def test_zeros_and_negatives_are_populations_of_their_own(population: Population, tmp_path: Path) -> None:
    fixed = mus(population, tmp_path / "p").fixed
    assert fixed["population"]["parts"]["negative"] == {"items": 2, "book_value": "-260.5"}
    assert fixed["population"]["parts"]["zero"]["items"] == 1
    assert fixed["part"]["items"] == 400
    negative = sample_select(population, method="mus", seed=1, size=5, part="negative")
    assert {item["item_id"] for item in negative.items} == {"CRM1", "CRM2"}


def test_the_same_parameters_write_the_same_bytes(population: Population, tmp_path: Path) -> None:
    for name in ("a", "b"):
        mus(population, tmp_path / name)
    for file in ("paper.json", "paper.html", "sample.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_clean_sample_supports_the_conclusion(population: Population, tmp_path: Path) -> None:
    mus(population, tmp_path / "p")
    fill(tmp_path / "p")
    done = sample_evaluate(tmp_path / "p")
    values = done.evaluation["values"]
    assert done.evaluation["supported"] is True
    assert Decimal(values["projected_overstatement"]) == 0
    assert 0 < Decimal(values["upper_limit_overstatement"]) <= 100_000
    assert "supports the conclusion" in done.conclusion
    assert open_paper(tmp_path / "p") == done


def test_errors_are_projected_and_what_was_taken_whole_is_not(population: Population, tmp_path: Path) -> None:
    paper = mus(population, tmp_path / "p", high_value="9900")
    high = next(item["item_id"] for item in paper.items if item["stratum"] == "high-value")
    low = next(item["item_id"] for item in paper.items if item["stratum"] == "sampled")

    def change(row: Row) -> None:
        if row["item_id"] == high:
            row["audited_value"] = str(Decimal(row["book_value"]) - 100)
        if row["item_id"] == low:
            row["audited_value"] = str(Decimal(row["book_value"]) / 2)

    fill(tmp_path / "p", change)
    done = sample_evaluate(tmp_path / "p")
    part = next(part for part in paper.fixed["strata"] if part["name"] == "sampled")
    projected = Decimal(100) + Decimal(part["book_value"]) / part["drawn"] / 2
    assert Decimal(done.evaluation["values"]["projected_overstatement"]) == projected.quantize(Decimal("0.01"))
    assert done.evaluation["values"]["known_overstatement"] == "100"
    assert done.evaluation["values"]["known_understatement"] == "0"


def test_credit_memos_are_evaluated_as_absolute_values(population: Population, tmp_path: Path) -> None:
    sample_select(population, method="mus", seed=1, size=1, part="negative", high_value="none", out=tmp_path / "p")
    fill(tmp_path / "p", lambda row: row.update(audited_value=str(Decimal(row["book_value"]) / 2)))
    values = sample_evaluate(tmp_path / "p").evaluation["values"]
    assert (values["projected_overstatement"], values["projected_understatement"]) == ("130.25", "0")


def sort_ids(rows: list[Row]) -> None:
    turned = [row["item_id"] for row in rows][::-1]
    for row, name in zip(rows, turned, strict=True):
        row["item_id"] = name


SENTENCES: list[tuple[str, Callable[[list[Row]], object], str]] = [
    ("missing", lambda rows: rows.pop(3), "1 item of the paper is missing"),
    ("foreign", lambda rows: rows[3].update(item_id="X9"), "1 id is in sample.csv but not in the paper: X9"),
    ("twice", lambda rows: rows.append(dict(rows[0])), "1 id comes more than once"),
    ("words", lambda rows: rows[0].update(audited_value="about 5"), "1 result is not a number: 'about 5'"),
    ("comma", lambda rows: rows[0].update(audited_value="1.234,50"), "not a number"),
    ("empty", lambda rows: rows[0].update(audited_value=""), "1 item has no audited_value"),
    ("book", lambda rows: rows[0].update(book_value="1.00"), "1 book value is not the paper's"),
    ("sorted", sort_ids, "ids stand in rows of other items: a column was sorted without the rest"),
]


@pytest.mark.parametrize(("change", "said"), [case[1:] for case in SENTENCES], ids=[case[0] for case in SENTENCES])
def test_results_that_do_not_fit_are_refused_in_a_sentence(
    population: Population, tmp_path: Path, change: Callable[[list[Row]], object], said: str
) -> None:
    mus(population, tmp_path / "p", size=20)
    fill(tmp_path / "p")
    file = tmp_path / "p/sample.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    change(rows)
    write(file, rows)
    before = (tmp_path / "p/paper.json").read_bytes()
    with pytest.raises(WorkbenchError, match=said):
        sample_evaluate(tmp_path / "p")
    assert (tmp_path / "p/paper.json").read_bytes() == before


def test_rows_in_another_order_and_grouped_amounts_are_understood(population: Population, tmp_path: Path) -> None:
    mus(population, tmp_path / "p", size=20)
    fill(tmp_path / "p", lambda row: row.update(audited_value=f"{Decimal(row['book_value']):,}"))
    file = tmp_path / "p/sample.csv"
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([head, *reversed(rows)]), encoding="utf-8-sig")
    values = sample_evaluate(tmp_path / "p").evaluation["values"]
    assert values["projected_overstatement"] == values["projected_understatement"] == "0"


def test_an_item_that_cannot_be_tested_counts_as_wrong(population: Population, tmp_path: Path) -> None:
    paper = mus(population, tmp_path / "p", size=20)
    fill(tmp_path / "p", lambda row: row.update(audited_value="") if row["line"] == "1" else None)
    done = sample_evaluate(tmp_path / "p", missing="error")
    assert done.results["items"][0]["audited_value"] is None
    assert Decimal(done.evaluation["values"]["projected_overstatement"]) > 0
    assert len(paper.items) == 20


def test_a_second_evaluation_keeps_the_first(population: Population, tmp_path: Path) -> None:
    mus(population, tmp_path / "p", size=20)
    fill(tmp_path / "p")
    first = sample_evaluate(tmp_path / "p")
    assert sample_evaluate(tmp_path / "p") == first
    fill(tmp_path / "p", lambda row: row.update(audited_value="0"))
    second = sample_evaluate(tmp_path / "p")
    assert second.earlier == ({"results": first.results["sha256"], "conclusion": first.evaluation["conclusion"]},)
    assert second.evaluation["supported"] is False


def test_another_bound_than_was_fixed_is_told(population: Population, tmp_path: Path) -> None:
    mus(population, tmp_path / "p", size=20)
    fill(tmp_path / "p")
    done = sample_evaluate(tmp_path / "p", bound="cell")
    assert "bound was fixed as stringer and evaluated as cell" in done.conclusion


def test_a_changed_paper_is_refused(population: Population, tmp_path: Path) -> None:
    mus(population, tmp_path / "p", size=20)
    file = tmp_path / "p/paper.json"
    read = json.loads(file.read_text(encoding="utf-8"))
    read["fixed"]["parameters"]["tolerable"] = "900000"
    file.write_text(json.dumps(read), encoding="utf-8")
    with pytest.raises(WorkbenchError, match="was changed after it was written"):
        open_paper(tmp_path / "p")
    read["format"] = 99
    file.write_text(json.dumps(read), encoding="utf-8")
    with pytest.raises(WorkbenchError, match="format 99"):
        open_paper(tmp_path / "p")


def test_a_paper_is_drawn_again_from_its_population(books: Path, population: Population, tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = [
        {"method": "mus", "tolerable": 100_000, "expected": 5_000, "selection": "cell", "high_value": "9000"},
        {"method": "mus", "size": 9, "selection": "random", "part": "negative"},
        {"method": "attribute", "tolerable": 5, "expected": 1, "distribution": "hypergeometric"},
        {"method": "random", "tolerable": 300_000},
        {"method": "systematic", "size": 30, "estimator": "ratio"},
        {"method": "stratified", "tolerable": 200_000, "limits": ("1000", "5000")},
    ]
    for place, request in enumerate(asked):
        paper = sample_select(population, seed=3, out=tmp_path / str(place), **request)
        assert sample_redo(tmp_path / str(place), books) == paper
    books.write_text(books.read_text(encoding="utf-8").replace("INV0003", "INV9003"), encoding="utf-8")
    with pytest.raises(GateError, match="not the paper's"):
        sample_redo(tmp_path / "0", books)


def test_attribute_from_size_to_conclusion(population: Population, tmp_path: Path) -> None:
    paper = sample_select(population, method="attribute", seed=1, tolerable=5, expected=1, out=tmp_path / "p")
    assert len(paper.items) == 93
    fill(tmp_path / "p", lambda row: row.update(deviation="yes", remark="no order") if row["line"] == "5" else None)
    done = sample_evaluate(tmp_path / "p")
    assert done.evaluation["supported"] is True
    assert done.evaluation["values"]["deviations"] == 1
    assert done.evaluation["rows"] == [[paper.items[4]["item_id"], "no order"]]
    limits = {}
    for distribution in ("binomial", "poisson", "hypergeometric"):
        made = sample_evaluate(tmp_path / "p", distribution=distribution)
        limits[distribution] = Decimal(made.evaluation["values"]["upper_rate"])
    assert limits["hypergeometric"] < limits["binomial"] < limits["poisson"]


@pytest.mark.parametrize("estimator", ["mean-per-unit", "difference", "ratio", "regression"])
def test_estimates_from_size_to_conclusion(population: Population, tmp_path: Path, estimator: str) -> None:
    asked = {"method": "random", "seed": 1, "size": 60, "tolerable": 500_000}
    sample_select(population, estimator=estimator, out=tmp_path / "p", **asked)
    fill(tmp_path / "p", lambda row: row.update(audited_value=str(Decimal(row["book_value"]) * int(row["line"]) / 61)))
    values = sample_evaluate(tmp_path / "p").evaluation["values"]
    upper, projected = Decimal(values["upper_limit_overstatement"]), Decimal(values["projected_misstatement"])
    assert upper == projected + Decimal(values["allowance"])
    assert abs(projected + Decimal(values["estimated_audited_value"]) - population.book) <= Decimal("0.01")


def test_a_difference_estimate_without_a_difference_concludes_nothing(population: Population, tmp_path: Path) -> None:
    sample_select(
        population, method="random", seed=1, size=40, tolerable=1000, estimator="difference", out=tmp_path / "p"
    )
    fill(tmp_path / "p")
    done = sample_evaluate(tmp_path / "p")
    assert done.evaluation["supported"] is None
    assert "cannot conclude" in done.conclusion


def test_currencies_are_never_mixed(tmp_path: Path) -> None:
    file = tmp_path / "mixed.csv"
    file.write_text("item_id,book_value,currency\nA,5.00,SGD\nB,6.00,USD\nC,7.00,SGD\n", encoding="utf-8")
    with pytest.raises(WorkbenchError, match=r"2 currencies \(SGD 2, USD 1\).*never added"):
        sample_population(file)
    assert sample_population(file, currency="SGD").book == Decimal(12)
    with pytest.raises(WorkbenchError, match="no currency in this population 'EUR'"):
        sample_population(file, currency="EUR")


@pytest.mark.parametrize(
    ("text", "said"),
    [("item_id,book_value\nA,five\n", "1 book values .* first 'five' in row 2"), ("a,b\n1,2\n", "no column 'item_id'"),
     ("item_id,book_value\n", "holds no item"), ("item_id,book_value\nA,1\nA,2\n", "more than once")],
)  # fmt: skip
def test_a_file_that_is_no_population_says_why(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "p.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WorkbenchError, match=said):
        sample_population(file)


def test_parquet_keeps_decimals_and_refuses_floats(tmp_path: Path) -> None:
    exact = pa.table({"item_id": ["A", "B"], "book_value": pa.array([Decimal("1.10"), Decimal("2.20")])})
    pq.write_table(exact, tmp_path / "exact.parquet")
    assert sample_population(tmp_path / "exact.parquet").book == Decimal("3.30")
    pq.write_table(pa.table({"item_id": ["A"], "book_value": [1.1]}), tmp_path / "float.parquet")
    with pytest.raises(WorkbenchError, match="binary fractions"):
        sample_population(tmp_path / "float.parquet")


def test_hostile_text_stays_text(population: Population, tmp_path: Path) -> None:
    sample_select(population, method="random", seed=1, size=403, out=tmp_path / "p")
    assert "'=1+1" in (tmp_path / "p/sample.csv").read_text(encoding="utf-8")
    fill(tmp_path / "p", lambda row: row.update(remark="<script>alert(1)</script>"))
    sample_evaluate(tmp_path / "p")
    page = (tmp_path / "p/paper.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_ids_that_look_like_formulas_come_back_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("item_id,book_value\n=A1,5.00\n-7,6.00\n'quoted,7.00\n", encoding="utf-8")
    sample_select(sample_population(file), method="random", seed=1, size=3, tolerable=5, out=tmp_path / "p")
    fill(tmp_path / "p")
    assert {entry["item_id"] for entry in sample_evaluate(tmp_path / "p").results["items"]} == {"=A1", "-7", "'quoted"}


def test_the_command_line_from_size_to_conclusion(books: Path, tmp_path: Path) -> None:
    said = run("size", "--method", "attribute", "--tolerable", 5, "--expected", 1)
    assert said.output.startswith("93 items\n")
    assert json.loads(run("size", "--method", "mus", "--tolerable", 5, "--json").output)["size"] == 60
    folder = tmp_path / "papers/june"
    done = run("select", books, "--method", "mus", "--tolerable", 100000, "--seed", 7, "--out", folder)
    assert done.exit_code == 0, done.output
    fill(folder)
    done = run("evaluate", folder, "--json")
    assert json.loads(done.output)["supported"] is True
    assert "supports the conclusion" in run("evaluate", folder).output
    assert "Drawn again: the same" in run("redo", folder, books).output
    again = run("select", books, "--method", "mus", "--size", 5, "--seed", 7, "--out", folder)
    assert isinstance(again.exception, WorkbenchError)


def test_a_sample_without_a_seed_is_not_drawn(books: Path, tmp_path: Path) -> None:
    assert run("select", books, "--method", "mus", "--size", 5, "--out", tmp_path / "p").exit_code == 2


@pytest.mark.parametrize("method", ["random", "stratified"])
def test_an_estimate_is_sized_so_that_its_allowance_is_what_was_asked(
    population: Population, tmp_path: Path, method: str
) -> None:
    asked = {"method": method, "seed": 2, "tolerable": 200_000, "strata": 3, "part": "positive"}
    paper = sample_select(population, out=tmp_path / "p", **asked)
    fill(tmp_path / "p")
    allowance = Decimal(sample_evaluate(tmp_path / "p").evaluation["values"]["allowance"])
    assert allowance == pytest.approx(Decimal(200_000), rel=Decimal("0.35"))
    assert 10 < len(paper.items) < 400


def test_the_program_in_the_documentation_draws_the_sample_again(
    population: Population, books: Path, tmp_path: Path
) -> None:
    mus(population, tmp_path / "p", high_value="none", size=25)
    text = (Path(__file__).parent.parent / "docs/sampling.md").read_text(encoding="utf-8")
    program = text.split("```python\n")[1].split("```")[0]
    space: dict[str, Any] = {}
    exec(program, space)
    drawn = space["drawn_again"](tmp_path / "p/paper.json", books)
    assert drawn == [item["item_id"] for item in open_paper(tmp_path / "p").items]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_file_saved_with_another_separator_is_read(population: Population, tmp_path: Path, separator: str) -> None:
    mus(population, tmp_path / "p", size=20)
    fill(tmp_path / "p")
    file = tmp_path / "p/sample.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",", separator), encoding="utf-8")
    assert sample_evaluate(tmp_path / "p").evaluation["values"]["projected_overstatement"] == "0"


def test_notebooks_show_population_size_and_paper(population: Population, tmp_path: Path) -> None:
    assert "negative items" in population._repr_html_()
    assert "confidence factor" in sample_size("mus", tolerable=5)._repr_html_()
    page = mus(population, tmp_path / "p")._repr_html_()
    assert "Selected, not yet evaluated" in page
    assert "&lt;b&gt;" not in page


def test_what_is_taken_whole_leaves_nothing_uncertain(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("item_id,book_value\nA,100.00\nB,100.00\n", encoding="utf-8")
    sample_select(sample_population(file), method="mus", seed=1, size=5, tolerable=50, out=tmp_path / "p")
    fill(tmp_path / "p", lambda row: row.update(audited_value="90") if row["item_id"] == "A" else None)
    values = sample_evaluate(tmp_path / "p").evaluation["values"]
    assert (values["projected_overstatement"], values["upper_limit_overstatement"]) == ("10", "10")


def test_a_request_that_cannot_be_leaves_no_folder(population: Population, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="no estimator 'median'"):
        sample_select(population, method="random", seed=1, size=3, estimator="median", out=tmp_path / "p")
    assert not (tmp_path / "p").exists()
