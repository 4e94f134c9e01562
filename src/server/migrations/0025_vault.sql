-- Keys and sealed bytes. The outside door has no right here but on client correspondence, when that exists.
create schema vault;

create table vault.project_key (
  project text not null,
  epoch integer not null check (epoch >= 1),
  wrapped bytea,
  created_at timestamptz not null default now(),
  destroyed_at timestamptz,
  primary key (project, epoch),
  check ((wrapped is null) = (destroyed_at is not null))
);

create table vault.owner_key (
  project text not null,
  kind text not null check (kind in ('item', 'class')),
  owner text not null,
  epoch integer not null,
  wrapped bytea not null,
  primary key (project, kind, owner),
  foreign key (project, epoch) references vault.project_key (project, epoch)
);

create table vault.object (
  id text primary key,
  project text not null,
  kind text not null check (kind in ('item', 'class')),
  owner text not null,
  asset text not null,
  version integer not null check (version >= 1),
  length bigint not null check (length >= 0),
  sealed bytea,
  location text unique,
  created_at timestamptz not null default now(),
  check ((sealed is null) <> (location is null)),
  unique (project, kind, owner, asset, version)
);
alter table vault.object alter column sealed set storage external;

grant usage on schema vault to cloister_inside, cloister_operator, cloister_jobs;
grant select, insert, update on vault.project_key, vault.owner_key to cloister_inside, cloister_operator, cloister_jobs;
grant select, insert, delete on vault.object to cloister_inside, cloister_operator, cloister_jobs;
grant delete on vault.owner_key to cloister_operator, cloister_jobs;
