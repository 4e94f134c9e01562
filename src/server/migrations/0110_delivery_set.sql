-- What a delivery hands over is fixed when it is proposed: which items, with which annotation of each,
-- a hash over them, and the acceptance that the project had reached. Whoever builds reads the set only.
alter table delivery.delivery
  add column set_sha256 bytea check (octet_length(set_sha256) = 32),
  -- Items that an annotator set aside, and that are not handed over.
  add column set_aside bigint,
  -- The package's quality report.
  add column quality text,
  drop constraint delivery_state_check,
  add constraint delivery_state_check check (state in
    ('proposed', 'approved', 'refused', 'built', 'accepted', 'rejected', 'recalled')),
  add constraint delivery_set_is_whole check
    ((set_sha256 is null) = (quality is null) and (set_sha256 is null) = (set_aside is null));

revoke insert, delete on delivery.item from cloister_jobs;
grant select, insert on delivery.item to cloister_inside, cloister_outside;
