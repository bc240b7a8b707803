-- Calendars of masters elsewhere: where they are, and what keeps their masters busy there.
CREATE TABLE calendars (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    master_id TEXT NOT NULL REFERENCES masters (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    -- The address of an iCalendar file, or the id of a Google calendar.
    address TEXT NOT NULL,
    next_ms BIGINT NOT NULL,
    read_ms BIGINT,
    error TEXT,
    UNIQUE (master_id, kind, address)
);

CREATE INDEX calendars_by_time ON calendars (next_ms);

CREATE TABLE absences (
    calendar_id TEXT NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    master_id TEXT NOT NULL REFERENCES masters (id) ON DELETE CASCADE,
    start_ms BIGINT NOT NULL,
    end_ms BIGINT NOT NULL,
    PRIMARY KEY (calendar_id, start_ms, end_ms)
);

CREATE INDEX absences_by_master ON absences (master_id, end_ms);

-- Links under which a master's visits can be read as a calendar; only their hashes are kept.
CREATE TABLE calendar_feeds (
    hash TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    master_id TEXT NOT NULL REFERENCES masters (id) ON DELETE CASCADE
);
