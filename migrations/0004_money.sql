-- Kopecks everywhere. A key of the asker makes the same request twice one payment.
CREATE TABLE payments (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    master_id TEXT NOT NULL REFERENCES masters (id),
    request_key TEXT NOT NULL,
    method TEXT NOT NULL,
    amount BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    status TEXT NOT NULL,
    rates TEXT NOT NULL,
    provider_id TEXT,
    page TEXT,
    created_ms BIGINT NOT NULL,
    paid_ms BIGINT,
    touched BIGINT NOT NULL,
    UNIQUE (org_id, request_key)
);

CREATE INDEX payments_by_job ON payments (job_id);

CREATE INDEX payments_by_provider ON payments (org_id, provider_id);

-- Cash given back, so that the same request twice is once.
CREATE TABLE refunds (
    org_id TEXT NOT NULL REFERENCES organisations (id),
    request_key TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    amount BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (org_id, request_key)
);

-- Double entries: the lines of one posting add up to zero. Lines are only ever added.
CREATE TABLE ledger (
    org_id TEXT NOT NULL REFERENCES organisations (id),
    posting TEXT NOT NULL,
    line BIGINT NOT NULL,
    account TEXT NOT NULL,
    amount BIGINT NOT NULL,
    what TEXT NOT NULL,
    -- The payment, or the payout.
    cause TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (org_id, posting, line)
);

CREATE INDEX ledger_by_account ON ledger (org_id, account);

CREATE INDEX ledger_by_cause ON ledger (org_id, cause);

CREATE TABLE payouts (
    org_id TEXT NOT NULL REFERENCES organisations (id),
    -- The day it is for, e.g. 2026-11-27.
    batch TEXT NOT NULL,
    master_id TEXT NOT NULL REFERENCES masters (id),
    amount BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (org_id, batch, master_id)
);
