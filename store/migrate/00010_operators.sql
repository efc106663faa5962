-- +goose Up
-- Who may work at the desk. A row without a password waits for its link to be used.
CREATE TABLE operators (
    name       TEXT PRIMARY KEY,
    role       TEXT NOT NULL,
    numbers    TEXT NOT NULL DEFAULT '',          -- that they may see, joined by commas; '' is all
    password   TEXT NOT NULL DEFAULT '',          -- argon2id, in the form of PHC
    totp       TEXT NOT NULL DEFAULT '',          -- the secret, sealed with secret.key; '' where none is set up
    totp_next  TEXT NOT NULL DEFAULT '',          -- one that is being set up
    totp_step  BIGINT NOT NULL DEFAULT 0,         -- of the last code that was used: each counts once
    off        BIGINT NOT NULL DEFAULT 0,         -- 1: may not come in until an owner enables them
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL DEFAULT 0          -- the last log-in
);

-- A link lets an operator choose a password, once. Only its hash is kept.
CREATE TABLE login_links (
    hash     TEXT PRIMARY KEY,
    operator TEXT NOT NULL,
    ends_at  BIGINT NOT NULL
);

CREATE TABLE sessions (
    id           INTEGER PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE,            -- SHA-256 of the token
    operator     TEXT NOT NULL,
    address      TEXT NOT NULL DEFAULT '',        -- from where they came in
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL DEFAULT 0        -- when the password was last given
);
CREATE INDEX sessions_by_operator ON sessions (operator);

CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY,                  -- the middle of the token opt_ID_SECRET
    name       TEXT NOT NULL UNIQUE,
    hash       TEXT NOT NULL,                     -- SHA-256 of the token
    role       TEXT NOT NULL,
    numbers    TEXT NOT NULL DEFAULT '',          -- as of operators
    off        BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL DEFAULT 0,         -- 0: never
    used_at    BIGINT NOT NULL DEFAULT 0
);

-- Who did what at the desk: a row for each act, written in its transaction, and for each that was refused. Rows are only added,
-- until their age is over.
CREATE TABLE acts (
    id         INTEGER PRIMARY KEY,
    at         BIGINT NOT NULL,
    who        TEXT NOT NULL,
    via        TEXT NOT NULL,
    act        TEXT NOT NULL,
    number     TEXT NOT NULL DEFAULT '',          -- '' where it is about the whole shop
    contact_id BIGINT NOT NULL DEFAULT 0,         -- negative: the contact was erased since
    result     TEXT NOT NULL
);
CREATE INDEX acts_by_contact ON acts (contact_id);
CREATE INDEX acts_by_time ON acts (at);

-- What a program was told that may ask again with the same Idempotency-Key.
CREATE TABLE answers (
    who        TEXT NOT NULL,
    key        TEXT NOT NULL,
    request    TEXT NOT NULL,                     -- SHA-256 of what was asked for
    at         BIGINT NOT NULL,
    acted      BIGINT NOT NULL DEFAULT 0,         -- 1: the act is carried out, written in its transaction
    status     BIGINT NOT NULL DEFAULT 0,         -- of the answer; 0 while there is none
    body       TEXT NOT NULL DEFAULT '',
    contact_id BIGINT NOT NULL DEFAULT 0,         -- whom the act was about
    PRIMARY KEY (who, key)
);
CREATE INDEX answers_by_contact ON answers (contact_id);
CREATE INDEX answers_by_time ON answers (at);

-- Acts before this time may be forgotten. See keptForGood.
ALTER TABLE files ADD COLUMN acts_forgotten BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE files DROP COLUMN acts_forgotten;
DROP TABLE answers;
DROP TABLE acts;
DROP TABLE api_keys;
DROP TABLE sessions;
DROP TABLE login_links;
DROP TABLE operators;
