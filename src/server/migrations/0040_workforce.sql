-- Admission: what a person must have before the gate lets them near content. Results only, never documents.
create schema workforce;

create table workforce.vetting (
  person text not null,
  kind text not null,
  jurisdiction text not null check (jurisdiction ~ '^[A-Z]{2}$'),
  result text not null check (result in ('cleared', 'not-cleared', 'not-permitted-by-law')),
  expires date not null,
  recorded_by text not null,
  recorded_at timestamptz not null,
  primary key (person, kind)
);

create table workforce.agreement (
  agreement text not null,
  version integer not null check (version > 0),
  title text not null,
  published_at timestamptz not null,
  primary key (agreement, version)
);

create table workforce.signature (
  person text not null,
  agreement text not null,
  version integer not null,
  signed_at timestamptz not null,
  primary key (person, agreement, version),
  foreign key (agreement, version) references workforce.agreement (agreement, version)
);

create table workforce.course (
  course text primary key,
  pass_mark integer not null check (pass_mark between 0 and 100)
);

create table workforce.pass (
  person text not null,
  course text not null references workforce.course (course),
  score integer not null check (score between 0 and 100),
  passed_at timestamptz not null,
  primary key (person, course, passed_at)
);

create table workforce.certificate (
  person text not null,
  language text not null,
  kind text not null check (kind in ('text', 'audio', 'image')),
  expires date not null,
  primary key (person, language, kind)
);

create table workforce.shift (
  person text not null,
  begins timestamptz not null,
  ends timestamptz not null check (ends > begins and ends <= begins + interval '12 hours'),
  primary key (person, begins)
);

grant usage on schema workforce to cloister_inside, cloister_outside, cloister_operator;
grant select, insert, update on all tables in schema workforce to cloister_inside, cloister_outside, cloister_operator;
grant delete on workforce.shift to cloister_inside, cloister_outside, cloister_operator;
