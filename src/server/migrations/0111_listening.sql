-- A recording is closed where its task is taken from somebody: by a manager at the outside door, and by
-- the job that closes what is left open when a lease is over.
grant select, update (closed_at) on annotation.listening to cloister_outside;
grant update (closed_at) on annotation.listening to cloister_jobs;
