-- What is handed over is what a decision let stand; managers propose and approve away from the room.
grant select (item, annotation, corrected, decision) on annotation.decision to cloister_outside;
