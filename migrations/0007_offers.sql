-- Who was asked for which visit, until when, and what came of it.
CREATE TABLE offers (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    master_id TEXT NOT NULL REFERENCES masters (id),
    -- The beginning of the visit asked for: after a move everybody may be asked anew.
    start_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    answered_ms BIGINT
);

CREATE INDEX offers_by_job ON offers (job_id, made_ms);

CREATE INDEX offers_open ON offers (org_id, until_ms) WHERE state = 'open';

CREATE INDEX offers_of_master ON offers (master_id) WHERE state = 'open';

CREATE INDEX jobs_queued ON jobs (org_id, start_ms) WHERE status = 'queued';
