-- Clients' keys and what was handed over. Packages lie in a directory; here stands what they are.
create schema delivery;

create table delivery.key (
  id text primary key,
  client text not null,
  recipient text not null check (recipient ~ '^age1[02-9ac-hj-np-z]{58}$'),
  fingerprint text not null,
  registered_by text not null,
  registered_at timestamptz not null,
  first_by text,
  second_by text,
  effective_at timestamptz,
  unique (client, recipient),
  check (second_by is null or (first_by is not null and second_by <> first_by)),
  check ((effective_at is null) = (second_by is null))
);

create table delivery.delivery (
  id text primary key,
  project text not null,
  client text not null,
  key text not null references delivery.key (id),
  state text not null check (state in ('proposed', 'approved', 'built', 'accepted', 'rejected', 'recalled')),
  proposed_by text not null,
  proposed_at timestamptz not null,
  approved_by text check (approved_by <> proposed_by),
  approved_at timestamptz,
  items bigint not null default 0,
  file text,
  size bigint,
  sha256 bytea,
  built_at timestamptz,
  ended_by text,
  ended_at timestamptz,
  check ((state in ('proposed')) or approved_by is not null or state = 'recalled'),
  check ((state in ('built', 'accepted', 'rejected')) <= (file is not null))
);
create index delivery_by_project on delivery.delivery (project, proposed_at);
create index delivery_by_client on delivery.delivery (client, proposed_at);

-- Which items went out in which delivery: what a recall or an erasure must follow.
create table delivery.item (
  delivery text not null references delivery.delivery (id),
  item text not null,
  annotation text not null,
  primary key (delivery, item)
);
create index item_deliveries on delivery.item (item);

grant usage on schema delivery to cloister_inside, cloister_outside, cloister_operator, cloister_jobs;
grant select, insert, update on delivery.key, delivery.delivery to cloister_inside, cloister_outside, cloister_jobs;
grant select on delivery.key, delivery.delivery to cloister_operator;
grant select, insert, delete on delivery.item to cloister_jobs;
grant select on delivery.item to cloister_inside, cloister_operator;
