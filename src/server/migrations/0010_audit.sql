-- The log. Doors may only add to the queue and read what is in its place; the sequencer alone moves rows.
create schema audit;

create table audit.pending (
  id bigint generated always as identity primary key,
  body bytea not null check (octet_length(body) between 1 and 65535)
);

create table audit.leaf (
  index bigint primary key check (index >= 0),
  time timestamptz not null,
  actor text not null,
  action text not null,
  resource text not null,
  project text,
  item text,
  outcome text not null,
  body bytea not null
);
create index leaf_by_item on audit.leaf (item, index) where item is not null;
create index leaf_by_actor on audit.leaf (actor, index);
create index leaf_by_time on audit.leaf (time);

create table audit.tile (
  level smallint not null check (level between 0 and 63),
  index bigint not null check (index >= 0),
  hashes bytea not null check (octet_length(hashes) = 8192),
  primary key (level, index)
);
alter table audit.tile alter column hashes set storage external;

create table audit.checkpoint (
  size bigint primary key check (size >= 0),
  root bytea not null check (octet_length(root) = 32),
  note text not null,
  signed_at timestamptz not null,
  cosigned text,
  cosigned_at timestamptz
);

create table audit.detail (
  hash bytea primary key check (octet_length(hash) = 32),
  salt bytea not null check (octet_length(salt) = 16),
  sealed bytea not null,
  project text
);
create index detail_by_project on audit.detail (project);

grant usage on schema audit to cloister_inside, cloister_building, cloister_outside, cloister_operator, cloister_sequencer, cloister_jobs;
grant insert on audit.pending, audit.detail to cloister_inside, cloister_building, cloister_outside, cloister_operator, cloister_jobs;
grant select on audit.leaf, audit.tile, audit.checkpoint, audit.detail to cloister_inside, cloister_outside, cloister_operator, cloister_jobs;
grant select on audit.checkpoint to cloister_building;
grant select, insert, delete on audit.pending to cloister_sequencer;
grant select, insert on audit.leaf, audit.tile, audit.checkpoint to cloister_sequencer;
grant update (cosigned, cosigned_at) on audit.checkpoint to cloister_sequencer;
