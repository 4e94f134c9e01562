-- What was annotated and what was decided stays as it was: another version is another row.
revoke update on annotation.annotation, annotation.decision from cloister_inside;
