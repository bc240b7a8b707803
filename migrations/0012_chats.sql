-- Whoever writes by a messenger or from a page, and which conversation is theirs now.
CREATE TABLE chats (
    org_id TEXT NOT NULL REFERENCES organisations (id),
    bot TEXT NOT NULL,
    -- The messenger's own name of the chat.
    address TEXT NOT NULL,
    -- Only where the messenger vouches for it.
    phone TEXT,
    conversation_id TEXT,
    -- When something was said last, by either side.
    seen_ms BIGINT NOT NULL,
    PRIMARY KEY (org_id, bot, address)
);

CREATE INDEX chats_by_conversation ON chats (org_id, conversation_id);

-- What messengers have handed over: each update once, however often it comes.
CREATE TABLE inbox (
    org_id TEXT NOT NULL REFERENCES organisations (id),
    bot TEXT NOT NULL,
    update_id TEXT NOT NULL,
    chat TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    -- As the messenger says.
    sent_ms BIGINT NOT NULL,
    -- NULL once it has been read.
    letter TEXT,
    tries BIGINT NOT NULL,
    PRIMARY KEY (org_id, bot, update_id)
);

CREATE INDEX inbox_unread ON inbox (org_id, bot, chat, sent_ms) WHERE letter IS NOT NULL;

CREATE INDEX inbox_by_age ON inbox (received_ms);

-- A person is wanted in it, since when and why; who has taken it over.
ALTER TABLE conversations ADD COLUMN wanted_ms BIGINT;

ALTER TABLE conversations ADD COLUMN wanted_why TEXT;

ALTER TABLE conversations ADD COLUMN operator TEXT;

-- Photos, videos, voice notes and papers, kept once however often they are sent.
CREATE TABLE media (
    org_id TEXT NOT NULL REFERENCES organisations (id),
    hash TEXT NOT NULL,
    form TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (org_id, hash)
);

CREATE TABLE conversation_media (
    org_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    seq BIGINT NOT NULL,
    -- Since the conversation began.
    at_ms BIGINT NOT NULL,
    name TEXT NOT NULL,
    caption TEXT NOT NULL,
    PRIMARY KEY (conversation_id, hash)
);

CREATE INDEX conversation_media_by_hash ON conversation_media (org_id, hash);

-- Whose words are still there.
CREATE INDEX outbox_chats ON outbox (org_id, created_ms) WHERE recipient = 'chat' AND payload <> '{}';

-- What a key may do, words with spaces between; empty: everything.
ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '';

-- Where an integrator is told what happens.
CREATE TABLE hooks (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organisations (id),
    url TEXT NOT NULL,
    -- Names of events with spaces between; empty: all.
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE INDEX hooks_by_org ON hooks (org_id);

-- What a master told when joining.
ALTER TABLE masters ADD COLUMN experience BIGINT;

ALTER TABLE masters ADD COLUMN certificates TEXT;

-- `smartphone` or `physical`.
ALTER TABLE masters ADD COLUMN terminal TEXT;
