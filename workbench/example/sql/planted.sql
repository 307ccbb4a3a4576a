-- What each planted error must lead to, from the plan and the amounts around it.
with wrong as (
    select
        plant.*,
        entity.unit,
        entity.entity_id,
        entity.currency
    from plant
    inner join entity on plant.entity_no = entity.entity_no
),

lines as (
    select
        wrong.*,
        item.quantity,
        item.unit_price,
        item.discount,
        item.net,
        item.rate,
        item.tax,
        invoice_line_key(item.doc, item.line_no) as subject_id
    from wrong
    inner join line_amount as item
        on wrong.doc = item.doc and (wrong.line_no = item.line_no or wrong.control_id = 'CUT-01')
),

ordered as (
    select
        wrong.*,
        item.quantity,
        item.unit_price,
        item.order_line,
        item.returned_quantity
    from wrong
    inner join sale_line as item on wrong.key = item.order_line
),

reductions as (
    select
        wrong.*,
        coalesce(bill.gross, adjustment.amount) as changed,
        coalesce(bill.authority, adjustment.authority) as authority,
        case wrong.key when 0 then invoice_key(wrong.doc) else padded('J', wrong.doc, 11) end as subject_id
    from wrong
    left join bill on wrong.doc = bill.doc and wrong.key = 0
    left join adjustment on wrong.doc = adjustment.doc and wrong.key = 1
    where wrong.control_id in ('AUT-01', 'AUT-02')
),

credited as (
    select
        wrong.kind,
        wrong.control_id,
        invoice_key(credit.doc) as subject_id,
        coalesce(original.gross, 0) as expected,
        -credit.gross - coalesce(first.gross, 0) as billed
    from wrong
    inner join bill as credit on credit.doc = wrong.key + case when wrong.kind = 0 then 1 else 0 end
    left join bill as original on credit.prior = original.doc
    left join bill as first on wrong.kind = 0 and first.doc = wrong.key
    where wrong.control_id = 'AUT-05'
),

gaps as (
    select
        wrong.*,
        case when wrong.kind = 2 then '-D' else '' end as letter,
        wrong.key + 1 + coalesce((
            select sum(earlier.amount)
            from plant as earlier
            where
                earlier.control_id = 'COM-05' and earlier.entity_no = wrong.entity_no and earlier.line_no = wrong.line_no
                and earlier.key < wrong.key and (earlier.kind = 2) = (wrong.kind = 2)
        ), 0) as first_missing
    from wrong
    where wrong.control_id = 'COM-05'
),

expectations as (
    select
        control_id,
        subject_id,
        to_unit(quantity * unit_price, 1000, unit) - discount as expected,
        net as billed,
        ['amount typed over, too high', 'amount typed over, too low'][1 + kind] as what
    from lines
    where control_id = 'ACC-02'
    union all
    select
        control_id,
        subject_id,
        to_unit(quantity * agreed.unit_price, 1000, unit) - discount,
        net,
        [
            'the price before the change', 'the general price, though the customer has one of his own',
            'the price of a quantity that was not reached', 'an approved price whose approval had expired',
            'a price below the one that was approved', 'another price than the contract line says'
        ][1 + kind]
    from lines
    inner join (
        select order_line as key, 0 as is_contract, unit_price from sale_line
        union all
        select contract_line as key, 1 as is_contract, unit_price from charge
    ) as agreed on lines.key = agreed.key and (lines.kind = 5) = (agreed.is_contract = 1)
    where control_id = 'ACC-03'
    union all
    select
        lines.control_id,
        lines.subject_id,
        to_unit(lines.net * agreed.rate, 10000, lines.unit),
        lines.tax,
        ['the rate before or after the change', 'tax amount typed over', 'no tax on what is taxed'][1 + lines.kind]
    from lines
    inner join bill on lines.doc = bill.doc
    inner join entity on bill.entity_no = entity.entity_no
    inner join tax_rate as agreed
        on
            agreed.tax_code = 'STD' and entity.country = agreed.country and bill.day >= agreed.starts
            and (agreed.ends is null or bill.day < agreed.ends)
    where lines.control_id = 'ACC-06'
    union all
    select
        wrong.control_id,
        invoice_key(wrong.doc),
        bill.gross - wrong.amount,
        bill.gross,
        ['tax of the header off, and the total with it', 'net of the header off, and the total with it', 'total off'][1 + wrong.kind]
    from wrong
    inner join bill on wrong.doc = bill.doc
    where wrong.control_id = 'ACC-01'
    union all
    select
        ordered.control_id,
        delivery_line_key(ordered.order_line * 4),
        to_unit(ordered.quantity * ordered.unit_price, 1, ordered.unit),
        case when ordered.kind = 0 then 0 else to_unit(ordered.amount * ordered.unit_price, 1, ordered.unit) end,
        ['delivered and never invoiced', 'half a consignment invoiced', 'half of the order line invoiced'][1 + ordered.kind]
    from ordered
    where ordered.control_id = 'COM-01'
    union all
    select
        control_id,
        case
            when kind = 2 then entity_id || '/' || entity_id[1:2] || letter || '-' || cast(line_no as varchar)
            else entity_id || '/' || entity_id[1:2] || '-' || cast(line_no as varchar) || '/' || cast(cast(first_missing as bigint) as varchar)
        end,
        null,
        null,
        ['one number missing', 'three numbers missing', 'more than one number in twenty missing'][1 + kind]
    from gaps
    union all
    select control_id, subject_id, 0, net, 'invoiced before the goods left'
    from lines
    where control_id = 'CUT-01'
    union all
    select
        wrong.control_id,
        invoice_key(wrong.key),
        0,
        bill.gross,
        [
            'the same number typed again', 'the same day under a new number', 'the same content some days later',
            'the number with its last digits changed'
        ][1 + wrong.kind]
    from wrong
    inner join bill on wrong.key = bill.doc
    where wrong.control_id = 'OCC-01'
    union all
    select
        ordered.control_id,
        order_line_key(ordered.order_line),
        to_unit(
            (ordered.quantity - case ordered.kind when 1 then ordered.amount when 2 then ordered.returned_quantity else 0 end)
            * ordered.unit_price, 1, ordered.unit
        ),
        to_unit((ordered.quantity + case when ordered.kind = 0 then ordered.amount else 0 end) * ordered.unit_price, 1, ordered.unit),
        ['more invoiced than ordered and delivered', 'a consignment that was short', 'a return that the invoice ignores'][1 + ordered.kind]
    from ordered
    where ordered.control_id = 'OCC-03'
    union all
    select
        reductions.control_id,
        reductions.subject_id,
        case when reductions.kind = 1 then reductions.authority else 0 end,
        abs(reductions.changed),
        ['nobody approved it', 'above the limit of the approver', 'the approver is no user', 'the approver has no limit'][1 + reductions.kind]
    from reductions
    where reductions.control_id = 'AUT-01'
    union all
    select 'AUT-04', subject_id, null, null, 'the approver is no user'
    from reductions
    where control_id = 'AUT-01' and kind = 2
    union all
    select control_id, subject_id, 0, changed, 'entered and approved by one person'
    from reductions
    where control_id = 'AUT-02'
    union all
    select
        control_id,
        subject_id,
        expected,
        billed,
        ['a second credit after a full one', 'a piece too many credited', 'credits an invoice that does not exist'][1 + kind]
    from credited
    union all
    select
        control_id,
        receipt_key(key),
        0,
        amount,
        ['a receipt that was never applied', 'half of a receipt never applied', 'money of an unknown payer'][1 + kind]
    from wrong
    where control_id = 'VAL-01'
    union all
    select
        wrong.control_id,
        case when wrong.kind = 0 then receipt_key(wrong.key) else invoice_key(wrong.doc) end,
        case when wrong.kind = 0 then receipt.amount else bill.gross end,
        case when wrong.kind = 0 then receipt.amount else bill.gross end + wrong.amount,
        [
            'more applied than was received', 'more received and applied than was billed', 'an adjustment on an invoice that was paid',
            'a second receipt applied to an invoice that was paid'
        ][1 + wrong.kind]
    from wrong
    inner join receipt on wrong.key = receipt.receipt
    inner join bill on wrong.doc = bill.doc
    where wrong.control_id = 'VAL-03'
)

select
    control_id,
    subject_id,
    money(expected) as expected_amount,
    money(billed) as billed_amount,
    what
from expectations
order by control_id, subject_id
