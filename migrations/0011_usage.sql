-- What conversations have used of services that cost money, one row for every time.
CREATE TABLE usage_events (
    org_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    service TEXT NOT NULL,
    unit TEXT NOT NULL,
    amount BIGINT NOT NULL,
    -- In millionths of a rouble.
    cost BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, seq)
);

CREATE INDEX usage_events_by_time ON usage_events (org_id, at_ms);
