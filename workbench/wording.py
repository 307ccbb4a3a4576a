"""A run in words: what was examined, found and suppressed, and the money both ways, per currency."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from workbench.findings import Findings, Funnel
from workbench.money import grouped, in_minor_unit


def money_text(amounts: Mapping[str, Decimal]) -> str:
    """Amounts of several currencies side by side, never added: "1,200.00 SGD, 35,000 JPY"."""
    return ", ".join(f"{grouped(amount, currency)} {currency}" for currency, amount in amounts.items())


def total(funnel: tuple[Funnel, ...], side: str) -> dict[str, Decimal]:
    """The impact of all controls on one side ("over" or "under"), per currency."""
    sums: dict[str, Decimal] = {}
    for line in funnel:
        for currency, amount in getattr(line, side).items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return dict(sorted(sums.items()))


def funnel_text(findings: Findings, out: Path) -> str:
    """The funnel as lines of text, what did not run, and where the rows are."""
    lines = [
        f"{'control':<8} {'examined':>12} {'candidates':>11} {'suppressed':>11} {'findings':>9}  impact, suppressions"
    ]
    for line in findings.funnel:
        sides = [
            f"{name} {money_text(amounts)}" for name, amounts in (("over", line.over), ("under", line.under)) if amounts
        ]
        sides += [f"{code} {count:,}" for code, count in line.suppressed.items()]
        lines.append(
            f"{line.control.id:<8} {line.examined:>12,} {line.candidates:>11,} {sum(line.suppressed.values()):>11,} "
            f"{line.findings:>9,}  {'; '.join(sides)}".rstrip()
        )
    lines += [
        f"{state.control.id:<8} {state.state}: {'' if state.state == 'failed' else 'missing '}"
        + ", ".join(state.missing)
        for state in findings.not_run
    ]
    lines += [f"{state.control.id:<8} ran partly: missing {', '.join(state.missing)}" for state in findings.partly]
    lines.append(
        f"{sum(line.findings for line in findings.funnel):,} findings as of {findings.parameters.as_of}"
        f"; over-billed {money_text(total(findings.funnel, 'over')) or 'nothing'}"
        f"; under-billed {money_text(total(findings.funnel, 'under')) or 'nothing'}"
    )
    lines.append(f"{findings.table.num_rows:,} candidates are in {out}")
    return "\n".join(lines)


def funnel_json(findings: Findings) -> str:
    """The funnel, what did not run and the parameters as JSON."""
    return json.dumps(
        {
            "parameters": findings.parameters.as_json(),
            "controls": [funnel_entry(line) for line in findings.funnel],
            "not_run": {state.control.id: list(state.missing) for state in findings.not_run},
            "partly": {state.control.id: list(state.missing) for state in findings.partly},
        },
        indent=2,
    )


def funnel_entry(line: Funnel) -> dict[str, object]:
    """One control's counts and money as plain JSON values, amounts as text."""
    return {
        "id": line.control.id,
        "examined": line.examined,
        "candidates": line.candidates,
        "suppressed": line.suppressed,
        "findings": line.findings,
        "over_billed": {currency: in_minor_unit(amount, currency) for currency, amount in line.over.items()},
        "under_billed": {currency: in_minor_unit(amount, currency) for currency, amount in line.under.items()},
    }
