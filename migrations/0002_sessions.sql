-- Who is signed in to the pages: only the hash of the cookie is kept.
CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL REFERENCES users (login) ON DELETE CASCADE,
    expires_ms BIGINT NOT NULL
);

CREATE INDEX sessions_by_login ON sessions (login);

CREATE INDEX sessions_by_expiry ON sessions (expires_ms);

-- Passwords tried for a login, so that guessing stops on every node at once.
CREATE TABLE login_tries (
    login TEXT NOT NULL PRIMARY KEY,
    tries BIGINT NOT NULL,
    last_ms BIGINT NOT NULL
);

CREATE INDEX login_tries_by_time ON login_tries (last_ms);
