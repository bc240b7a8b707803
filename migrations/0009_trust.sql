-- Who did or looked at what.
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    at_ms BIGINT NOT NULL,
    -- A login, `api:NAME`, or `system`.
    who TEXT NOT NULL,
    deed TEXT NOT NULL,
    -- What it was done to, e.g. `job 01ARZ…`.
    what TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX audit_by_time ON audit (org_id, at_ms);

-- What clients thought of it, from 1 to 5.
CREATE TABLE reviews (
    job_id TEXT NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    master_id TEXT NOT NULL REFERENCES masters (id),
    stars BIGINT NOT NULL,
    words TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX reviews_by_master ON reviews (master_id, at_ms);

-- Days a master said yes to.
CREATE TABLE confirmed_days (
    org_id TEXT NOT NULL REFERENCES organisations (id),
    master_id TEXT NOT NULL REFERENCES masters (id) ON DELETE CASCADE,
    -- E.g. 2026-11-27.
    date TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (master_id, date)
);

-- Where else somebody with that number can be reached.
CREATE TABLE contacts (
    org_id TEXT NOT NULL REFERENCES organisations (id),
    phone TEXT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (org_id, phone, channel)
);
