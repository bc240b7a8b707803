-- Whose promises changed, and when by the database's own clock, so that every process's board follows.
CREATE TABLE board_changes (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    master_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX board_changes_by_time ON board_changes (org_id, at_ms);
