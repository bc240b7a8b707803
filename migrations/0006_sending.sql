-- How a message leaves: by which channel, the provider's name of it, what stood in its way.
ALTER TABLE outbox ADD COLUMN channel TEXT;

ALTER TABLE outbox ADD COLUMN provider_id TEXT;

ALTER TABLE outbox ADD COLUMN error TEXT;

ALTER TABLE outbox ADD COLUMN settled_ms BIGINT;

-- What is said once only, e.g. one reminder for one visit.
ALTER TABLE outbox ADD COLUMN once_key TEXT;

CREATE UNIQUE INDEX outbox_once ON outbox (org_id, once_key);
