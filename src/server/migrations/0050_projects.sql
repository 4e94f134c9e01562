-- Clients, their terms and instructions, projects, teams, schemas, guidelines, batches and items.
-- What a client calls an item or a subject stands here only as a keyed hash; the words are sealed in the vault.
create schema projects;

create table projects.client (
  id text primary key,
  name text not null check (char_length(name) between 1 and 200),
  created_at timestamptz not null
);

-- People who speak for a client at the outside door.
create table projects.client_person (
  client text not null references projects.client (id),
  person text not null,
  primary key (client, person)
);

create table projects.terms (
  client text not null references projects.client (id),
  version integer not null check (version > 0),
  body jsonb not null,
  complete boolean not null,
  set_by text not null,
  set_at timestamptz not null,
  primary key (client, version)
);

create table projects.project (
  id text primary key,
  client text not null references projects.client (id),
  code text not null unique check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  kind text not null check (kind in ('text', 'audio', 'image')),
  state text not null check (state in ('draft', 'open', 'paused', 'closed')),
  created_by text not null,
  created_at timestamptz not null
);

-- The client's written instruction that covers the work, as GDPR Art. 28(3)(a) asks of a processor.
create table projects.instruction (
  id text primary key,
  project text not null references projects.project (id),
  subject text not null check (char_length(subject) between 1 and 500),
  begins timestamptz not null,
  ends timestamptz,
  recorded_by text not null
);
create index instruction_by_project on projects.instruction (project);

create table projects.team (
  project text not null references projects.project (id),
  person text not null,
  role text not null check (role in ('annotator', 'reviewer')),
  set_by text not null,
  set_at timestamptz not null,
  primary key (project, person, role)
);
create index team_by_person on projects.team (person);

create table projects.label_schema (
  project text not null references projects.project (id),
  version integer not null check (version > 0),
  body jsonb not null,
  published_by text not null,
  published_at timestamptz not null,
  primary key (project, version)
);

create table projects.guideline (
  project text not null references projects.project (id),
  version integer not null check (version > 0),
  object text not null,
  published_by text not null,
  published_at timestamptz not null,
  primary key (project, version)
);

create table projects.batch (
  id text primary key,
  project text not null references projects.project (id),
  name text not null,
  -- SHA-256 of the manifest: the same file again continues, or finds everything done.
  manifest bytea not null check (octet_length(manifest) = 32),
  state text not null check (state in ('importing', 'ready', 'undone')),
  next_row bigint not null default 0,
  accepted bigint not null default 0,
  rejected bigint not null default 0,
  ordered_by text not null,
  began_at timestamptz not null,
  ended_at timestamptz,
  unique (project, manifest)
);

create table projects.item (
  id text primary key,
  project text not null references projects.project (id),
  batch text not null references projects.batch (id),
  row bigint not null,
  kind text not null check (kind in ('text', 'audio', 'image')),
  language text not null,
  -- HMAC-SHA-256 of item_ref under a key of the project.
  ref_mac bytea not null check (octet_length(ref_mac) = 32),
  -- Units of the content: code points of a text, samples of a recording.
  length bigint not null check (length >= 0),
  -- Hz for audio.
  rate integer,
  content_sha256 bytea not null check (octet_length(content_sha256) = 32),
  state text not null check (state in ('free', 'held', 'restricted', 'erased')),
  created_at timestamptz not null,
  unique (project, ref_mac),
  unique (batch, row)
);

create table projects.subject (
  project text not null,
  mac bytea not null check (octet_length(mac) = 32),
  item text not null references projects.item (id) on delete cascade,
  primary key (project, mac, item)
);
create index subject_by_item on projects.subject (item);

create table projects.rejected (
  batch text not null references projects.batch (id) on delete cascade,
  row bigint not null,
  reason text not null,
  primary key (batch, row)
);

grant usage on schema projects to cloister_inside, cloister_outside, cloister_operator, cloister_jobs;
grant select, insert, update on all tables in schema projects to cloister_inside, cloister_operator, cloister_jobs;
grant delete on projects.team, projects.item, projects.subject, projects.rejected to cloister_inside, cloister_operator, cloister_jobs;
-- The outside door serves managers and clients: everything about projects, nothing about items' content.
grant select, insert, update on projects.client, projects.client_person, projects.terms, projects.project, projects.instruction, projects.team, projects.label_schema to cloister_outside;
grant delete on projects.team to cloister_outside;
grant select (project, version, published_at) on projects.guideline to cloister_outside;
grant select (id, project, name, state, accepted, rejected, began_at, ended_at) on projects.batch to cloister_outside;
grant select (id, project, batch, kind, language, state) on projects.item to cloister_outside;
