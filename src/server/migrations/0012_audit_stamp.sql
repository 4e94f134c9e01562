-- What an entry says beyond its leaf: words that can be erased, and hashes of the rows that it changed.

-- `hash` stands in the leaf. The words are salted, hashed and sealed; erasing them leaves the rest.
alter table audit.detail
  add column words bytea check (octet_length(words) = 32),
  alter column salt drop not null,
  alter column sealed drop not null;

-- One row for each change of a thing that the log vouches for; the newest says how the thing must look.
create table audit.stamp (
  number bigint generated always as identity primary key,
  details bytea not null references audit.detail (hash),
  kind text not null check (kind ~ '^[a-z][a-z-]{0,39}$'),
  subject text collate "C" not null check (length(subject) between 1 and 200),
  -- null: the thing was removed by an act that this entry records
  hash bytea check (octet_length(hash) = 32),
  salt bytea not null check (octet_length(salt) = 16)
);
create index stamp_newest on audit.stamp (kind, subject, number desc);
create index stamp_by_details on audit.stamp (details, number);

grant insert on audit.stamp to cloister_inside, cloister_building, cloister_outside, cloister_operator, cloister_jobs;
grant select on audit.stamp to cloister_operator;
