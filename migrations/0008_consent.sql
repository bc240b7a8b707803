-- A price above what the client was told, and the client's own word on it. Kopecks.
CREATE TABLE price_changes (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    master_id TEXT NOT NULL REFERENCES masters (id),
    -- What might be charged before.
    most BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    answered_ms BIGINT,
    how TEXT,
    -- Where the yes was recorded, if it was spoken.
    conversation_id TEXT
);

CREATE INDEX price_changes_by_job ON price_changes (job_id, asked_ms);

-- The pack's name of the diagnosis, so that prices can be compared; NULL in older jobs.
ALTER TABLE jobs ADD COLUMN diagnosis_code TEXT;

-- The most the client was told, whole roubles; NULL in older jobs.
ALTER TABLE jobs ADD COLUMN told_most BIGINT;
