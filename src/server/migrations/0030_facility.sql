-- The building: the site in force, what its doors said, who is where, the machines that may speak.
create schema facility;

create table facility.site (
  hash bytea primary key check (octet_length(hash) = 32),
  name text not null,
  timezone text not null,
  file text not null,
  activated_at timestamptz not null,
  active boolean not null
);
create unique index site_active on facility.site (active) where active;

create table facility.zone (
  zone text primary key,
  title text not null,
  kind text not null,
  place integer not null
);

-- Minutes of the local week; Monday 00:00 is 0.
create table facility.open_hours (
  zone text not null references facility.zone (zone) on delete cascade,
  begins integer not null check (begins between 0 and 10080),
  ends integer not null check (ends > begins and ends <= 10080),
  primary key (zone, begins)
);

-- A project that a zone may serve, and in which minutes of the week.
create table facility.zone_project (
  zone text not null references facility.zone (zone) on delete cascade,
  project text not null,
  begins integer not null check (begins between 0 and 10080),
  ends integer not null check (ends > begins and ends <= 10080),
  primary key (zone, project, begins)
);

create table facility.portal (
  portal text primary key,
  title text not null,
  zone_from text not null references facility.zone (zone),
  zone_to text not null references facility.zone (zone),
  controller text,
  emergency boolean not null
);

create table facility.controller (
  controller text primary key,
  installed boolean not null,
  confirmed text,
  -- Set by an enrolment: the next epoch heard from this controller is the one that the operator meant.
  confirm_next boolean not null default false,
  epoch text,
  last_seq bigint,
  buffered bigint,
  clock_offset_ms integer not null default 0,
  heard_at timestamptz
);

create table facility.badge (
  credential text primary key,
  person text not null,
  issued_at timestamptz not null,
  revoked_at timestamptz
);
create index badge_by_person on facility.badge (person);

-- Exactly the event that was taken; its leaf holds the SHA-256 of salt and canonical JSON.
create table facility.event (
  controller text not null,
  epoch text not null,
  seq bigint not null check (seq > 0),
  received_at timestamptz not null,
  salt bytea not null check (octet_length(salt) = 16),
  event jsonb not null,
  primary key (controller, epoch, seq)
);
create index event_by_arrival on facility.event (received_at);

create table facility.stream (
  place bigint generated always as identity,
  controller text not null,
  epoch text not null,
  highest bigint not null,
  latest bigint,
  gaps jsonb not null,
  primary key (controller, epoch)
);

create table facility.presence (
  person text primary key,
  zone text,
  since timestamptz not null,
  portal text,
  factors text[] not null,
  event text not null,
  admits boolean not null,
  why text,
  ordered jsonb not null,
  past jsonb not null
);
create index presence_by_zone on facility.presence (zone);

-- What the detectors remember between two events.
create table facility.watch (
  one boolean primary key default true check (one),
  state jsonb
);
insert into facility.watch values (true, null);

create table facility.finding (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  kind text not null,
  words text not null,
  person text,
  portal text,
  controller text,
  review jsonb
);
create index finding_by_time on facility.finding (at);

create table facility.alarm (
  id text primary key,
  kind text not null,
  subject text not null,
  words text not null,
  zones text[] not null,
  raised_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  note text,
  cleared_at timestamptz
);
create unique index alarm_open on facility.alarm (kind, subject) where cleared_at is null;
create index alarm_unresolved on facility.alarm (raised_at) where cleared_at is null or acknowledged_at is null;

create table facility.correction (
  id text primary key,
  person text not null,
  zone text,
  reason text not null check (char_length(reason) between 1 and 500),
  requested_by text not null,
  requested_at timestamptz not null,
  approved_by text,
  approved_at timestamptz,
  check (approved_by is null or approved_by <> requested_by)
);
create unique index correction_open on facility.correction (person) where approved_at is null;

create table facility.lockdown (
  zone text primary key,
  since timestamptz not null,
  by text not null
);

create table facility.command (
  controller text not null,
  number bigint not null,
  at timestamptz not null,
  command jsonb not null,
  primary key (controller, number)
);

create table facility.workstation (
  workstation text primary key,
  zone text not null,
  purpose text not null,
  installed boolean not null,
  revoked_at timestamptz
);

create table facility.certificate (
  serial text primary key,
  kind text not null check (kind in ('workstation', 'device')),
  subject text not null,
  public_key bytea not null,
  issued_at timestamptz not null,
  not_after timestamptz not null,
  revoked_at timestamptz,
  last_address text,
  last_seen timestamptz
);
create index certificate_by_subject on facility.certificate (kind, subject);

create table facility.posture (
  workstation text primary key,
  at timestamptz not null,
  received_at timestamptz not null,
  sequence bigint not null,
  checks jsonb not null,
  good boolean not null
);

grant usage on schema facility to cloister_inside, cloister_building, cloister_outside, cloister_operator, cloister_sequencer, cloister_jobs;
grant select on all tables in schema facility to cloister_inside, cloister_building, cloister_operator, cloister_jobs;
-- The outside door knows a machine only to know that it is none of its own.
grant select on facility.certificate, facility.workstation to cloister_outside;
grant update (last_address, last_seen) on facility.certificate to cloister_inside, cloister_building, cloister_outside;

grant insert on facility.certificate to cloister_inside, cloister_building;
grant update (revoked_at, not_after) on facility.certificate to cloister_inside, cloister_building, cloister_operator;
grant update (revoked_at) on facility.workstation to cloister_inside, cloister_building;
grant insert, update on facility.presence, facility.correction, facility.alarm to cloister_inside;
grant update on facility.watch to cloister_inside, cloister_building;
grant insert, update, delete on facility.lockdown to cloister_inside;
grant insert on facility.finding, facility.command to cloister_inside;
grant update (confirmed, confirm_next) on facility.controller to cloister_inside;

grant insert on facility.event, facility.finding, facility.command to cloister_building;
grant insert, update, delete on facility.stream to cloister_building;
grant insert, update on facility.presence, facility.alarm, facility.posture to cloister_building;
grant update on facility.controller to cloister_building;
grant delete on facility.command to cloister_building;
grant update (revoked_at) on facility.badge to cloister_building;

grant insert, update, delete on facility.site, facility.zone, facility.open_hours, facility.zone_project,
  facility.portal, facility.controller, facility.workstation, facility.badge to cloister_operator;
grant insert on facility.command to cloister_operator;
