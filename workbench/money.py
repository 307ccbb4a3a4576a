"""Money as people read it: exact decimals in the minor unit of their currency."""

from __future__ import annotations

from decimal import Context, Decimal

NO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
FOUR_DECIMALS = frozenset("CLF UYW".split())
# Python rounds to 28 digits unless told otherwise; a finding may have 38.
EXACT = Context(prec=60)


def minor_units(currency: str | None) -> int:
    """Digits after the decimal point (ISO 4217): JPY 0, KWD 3, most 2."""
    if currency in NO_DECIMALS:
        return 0
    if currency in THREE_DECIMALS:
        return 3
    return 4 if currency in FOUR_DECIMALS else 2


def in_minor_unit(amount: Decimal | None, currency: str | None) -> str | None:
    """An amount with its currency's digits, "1234.50"; with all its digits where it has more. None stays None."""
    if amount is None:
        return None
    rounded = amount.quantize(Decimal(1).scaleb(-minor_units(currency)), context=EXACT)
    exact = rounded if rounded == amount else amount.normalize(EXACT)
    return f"{exact or abs(exact):f}"


def grouped(amount: Decimal | None, currency: str | None) -> str:
    """The same for reading: thousands grouped by commas; empty for None."""
    text = in_minor_unit(amount, currency)
    if text is None:
        return ""
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.lstrip("-") != "0" else text
