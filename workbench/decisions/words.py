"""The words of a decision: states, remedies, root causes, and which authority a remedy needs."""

from __future__ import annotations

STATES = {
    "open": "nobody has decided yet",
    "confirmed": "billed wrongly, to be put right",
    "explained": "right after all, and why",
    "accepted": "wrong, and left as it is",
}
REMEDIES = {
    "rebill": "bill what is missing, or bill again",
    "credit": "give back what was billed too much",
    "write_off": "give up what will not be paid",
    "collect": "get back what was paid or left unpaid",
}
# The action of approval_limits that each remedy's amount needs; money that is asked for is an adjustment of billing.
AUTHORITY = {
    "rebill": "billing_adjustment",
    "credit": "credit_memo",
    "write_off": "write_off",
    "collect": "billing_adjustment",
}
ROOT_CAUSES = {
    "contract_change": "a contract changed and billing did not follow",
    "price_maintenance": "a price, rate or tax was kept wrongly or late",
    "master_data": "a customer, product or partner is kept wrongly",
    "order_entry": "the order was entered wrongly",
    "delivery_record": "delivery, installation or usage was recorded wrongly or late",
    "billing_run": "the billing program ran twice, not at all, or reckoned wrongly",
    "interface": "something was lost or doubled between two systems",
    "manual_entry": "somebody typed it wrongly",
    "cash_application": "a receipt was applied wrongly or not at all",
    "authority_bypassed": "somebody decided what was not theirs to decide",
    "timing": "the right thing in the wrong month",
    "customer": "the customer or partner did otherwise than agreed",
    "agreed_otherwise": "an agreement that the snapshot does not hold",
    "other": "something else: say it in the remark",
}
# What an entry of the store does.
DECIDED, PROPOSED, APPROVED, WITHDRAWN = "decided", "proposed", "approved", "withdrawn"
ACTS = (DECIDED, PROPOSED, APPROVED, WITHDRAWN)
# The code of a candidate that an explanation suppresses.
EXPLAINED = "explained"
