-- One text for SQLite and Postgres: TEXT ids and JSON, BIGINT milliseconds and kopecks, BOOLEAN.
-- Statements end with a semicolon at the end of a line.

CREATE TABLE organisations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    next_number BIGINT NOT NULL
);

CREATE TABLE numbers (
    did TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    pack TEXT,
    language TEXT NOT NULL
);

CREATE TABLE users (
    login TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL
);

CREATE TABLE api_keys (
    hash TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL
);

CREATE TABLE masters (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT,
    city TEXT NOT NULL,
    city_key TEXT NOT NULL,
    district TEXT,
    rating BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    trades TEXT NOT NULL,
    schedule TEXT NOT NULL,
    -- Raised by whoever changes the master's visits: one at a time.
    touched BIGINT NOT NULL
);

CREATE INDEX masters_by_city ON masters (org_id, city_key);

CREATE TABLE master_trades (
    org_id TEXT NOT NULL,
    master_id TEXT NOT NULL REFERENCES masters (id) ON DELETE CASCADE,
    category TEXT NOT NULL,
    PRIMARY KEY (master_id, category)
);

CREATE INDEX master_trades_by_category ON master_trades (org_id, category);

CREATE TABLE clients (
    org_id TEXT NOT NULL REFERENCES organisations (id),
    phone TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (org_id, phone)
);

CREATE TABLE conversations (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    participant TEXT,
    dialled TEXT,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    status TEXT NOT NULL,
    end_reason TEXT,
    recording TEXT,
    memory TEXT,
    state TEXT,
    job_id TEXT,
    test BOOLEAN NOT NULL
);

CREATE INDEX conversations_by_start ON conversations (org_id, started_ms);

CREATE INDEX conversations_by_participant ON conversations (org_id, participant, started_ms);

CREATE TABLE utterances (
    org_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    speaker TEXT NOT NULL,
    text TEXT NOT NULL,
    confidence BIGINT,
    latency_ms BIGINT,
    interrupted BOOLEAN NOT NULL,
    PRIMARY KEY (conversation_id, seq)
);

CREATE TABLE call_events (
    org_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (conversation_id, seq)
);

-- What was answered to a channel's message, so that the same message again changes nothing.
CREATE TABLE replies (
    org_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    reply TEXT NOT NULL,
    PRIMARY KEY (conversation_id, message_id)
);

CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    number TEXT NOT NULL,
    status TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    category TEXT NOT NULL,
    urgency TEXT NOT NULL,
    diagnosis TEXT NOT NULL,
    client_name TEXT NOT NULL,
    client_phone TEXT NOT NULL,
    address TEXT NOT NULL,
    city TEXT NOT NULL,
    street TEXT,
    district TEXT,
    master_id TEXT NOT NULL REFERENCES masters (id),
    start_ms BIGINT NOT NULL,
    end_ms BIGINT NOT NULL,
    minutes BIGINT NOT NULL,
    total BIGINT NOT NULL,
    tracking TEXT NOT NULL UNIQUE,
    door_code TEXT NOT NULL,
    booked_ms BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    UNIQUE (org_id, number)
);

-- The same conversation booking twice is one job; after a cancel it may book anew.
CREATE UNIQUE INDEX jobs_one_per_conversation ON jobs (org_id, conversation_id) WHERE status <> 'cancelled';

CREATE INDEX jobs_by_time ON jobs (org_id, end_ms);

CREATE INDEX jobs_by_master ON jobs (master_id, end_ms);

CREATE INDEX jobs_by_client ON jobs (org_id, client_phone);

CREATE TABLE job_files (
    org_id TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (job_id, version)
);

CREATE TABLE job_history (
    org_id TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    status TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
);

CREATE TABLE holds (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    conversation_id TEXT NOT NULL,
    master_id TEXT NOT NULL REFERENCES masters (id),
    start_ms BIGINT NOT NULL,
    end_ms BIGINT NOT NULL,
    district TEXT,
    expires_ms BIGINT NOT NULL
);

CREATE INDEX holds_by_master ON holds (master_id);

CREATE INDEX holds_by_conversation ON holds (org_id, conversation_id);

-- No master is ever promised twice: a quarter of an hour belongs to one hold or one job.
CREATE TABLE occupied (
    org_id TEXT NOT NULL,
    master_id TEXT NOT NULL REFERENCES masters (id),
    -- Quarters of an hour since 1970.
    cell BIGINT NOT NULL,
    hold_id TEXT REFERENCES holds (id) ON DELETE CASCADE,
    job_id TEXT REFERENCES jobs (id) ON DELETE CASCADE,
    PRIMARY KEY (master_id, cell)
);

CREATE INDEX occupied_by_hold ON occupied (hold_id);

CREATE INDEX occupied_by_job ON occupied (job_id);

CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    job_id TEXT,
    recipient TEXT NOT NULL,
    address TEXT NOT NULL,
    template TEXT NOT NULL,
    language TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE INDEX outbox_waiting ON outbox (state, next_ms);

CREATE INDEX outbox_by_job ON outbox (job_id);

CREATE TABLE complaints (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    job_id TEXT,
    phone TEXT,
    words TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE TABLE call_backs (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    phone TEXT,
    reason TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    done BOOLEAN NOT NULL
);
