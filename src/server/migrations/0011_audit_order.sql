-- What the log needs to say whether it is healthy and to be found again from what it vouches for.

-- Since when a leaf waits: without it, a sequencer that stands still would look like a quiet log.
alter table audit.pending add column since timestamptz not null default now();
grant select (id, since) on audit.pending to cloister_inside, cloister_outside, cloister_operator;

alter table audit.leaf add column details bytea;
create index leaf_by_details on audit.leaf (details) where details is not null;
create index leaf_by_action on audit.leaf (action, index);
create index leaf_by_project on audit.leaf (project, index) where project is not null;
create index leaf_not_done on audit.leaf (outcome, index) where outcome <> 'done';

-- Checkpoints that a later cosigned one continues are cleared, but for one of every hour.
grant delete on audit.checkpoint to cloister_sequencer;
create index checkpoint_cosigned on audit.checkpoint (size) where cosigned is not null;
