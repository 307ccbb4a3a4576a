select * from (values ('P1', 60, 480), ('P2', 240, 2880), ('P3', 1440, 14400)) as target (priority, response_minutes, resolution_minutes)
order by priority
