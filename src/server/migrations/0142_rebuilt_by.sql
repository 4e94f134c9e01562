-- A delivery that is built anew is built under the name of whoever ordered that; where nobody did, under
-- the name of whoever approved it.
alter table delivery.delivery
  add column rebuilt_by text,
  add constraint delivery_rebuilt_was_approved check (rebuilt_by is null or approved_by is not null);

-- A recall ends the alarm of a delivery that had failed, also when it is ordered away from the building.
grant select (kind, subject, zones, cleared_at), update (cleared_at) on facility.alarm to cloister_outside;
