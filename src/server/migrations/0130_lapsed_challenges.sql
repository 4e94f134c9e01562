-- Whoever begins to sign in removes the challenges that have lapsed: found without reading the others.
create index challenge_by_end on identity.challenge (expires_at);
