-- People, their keys and their sessions. A name stands in one table only, so that it can be erased.
create schema identity;

create table identity.person (
  id text primary key,
  created_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by text
);

create table identity.name (
  person text primary key references identity.person (id),
  name text not null check (char_length(name) between 1 and 200)
);

create table identity.role (
  person text not null references identity.person (id),
  role text not null check (role in ('manager', 'releaser', 'guard', 'recruiter', 'security', 'auditor')),
  granted_by text not null,
  granted_at timestamptz not null,
  primary key (person, role)
);

create table identity.key (
  id text primary key,
  person text not null references identity.person (id),
  rp_id text not null,
  public_key bytea not null,
  counter bigint not null,
  aaguid text not null,
  multi_device boolean not null,
  transports text[] not null,
  registered_at timestamptz not null,
  revoked_at timestamptz
);
create index key_by_person on identity.key (person);

create table identity.challenge (
  id text primary key,
  purpose text not null check (purpose in ('register', 'sign-in', 'step-up')),
  challenge text not null,
  person text references identity.person (id),
  expires_at timestamptz not null
);

create table identity.code (
  hash bytea primary key check (octet_length(hash) = 32),
  purpose text not null check (purpose in ('key', 'workstation', 'device')),
  subject text not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table identity.session (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  id text not null unique,
  person text not null references identity.person (id),
  door text not null check (door in ('inside', 'outside')),
  workstation text,
  key text not null references identity.key (id),
  began_at timestamptz not null,
  stepped_up_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz
);
-- One open session a person.
create unique index session_open on identity.session (person) where ended_at is null;

create table identity.replacement (
  id bigint generated always as identity primary key,
  person text not null references identity.person (id),
  requested_by text not null,
  requested_at timestamptz not null,
  approved_by text,
  approved_at timestamptz,
  check (approved_by is null or approved_by <> requested_by)
);
create unique index replacement_open on identity.replacement (person) where approved_at is null;

grant usage on schema identity to cloister_inside, cloister_building, cloister_outside, cloister_operator, cloister_jobs;
grant select, insert, update on all tables in schema identity to cloister_inside, cloister_outside, cloister_operator;
grant delete on identity.challenge, identity.role, identity.name to cloister_inside, cloister_outside, cloister_operator;
grant select on identity.person, identity.role, identity.code to cloister_building, cloister_jobs;
grant update (used_at) on identity.code to cloister_building;
