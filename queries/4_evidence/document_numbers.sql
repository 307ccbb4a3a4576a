/*---
query: document_numbers
what: >
  Every document with 64 bits of its number, which is quicker to look through than the number itself. Two numbers may
  share their bits, so the number is compared afterwards.
---*/
select
    invoice_id,
    hash(invoice_number) as number_bits
from invoices
