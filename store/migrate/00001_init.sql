-- All times are milliseconds since 1970, UTC. SQL that PostgreSQL understands too; everything is keyed by number.

-- +goose Up
CREATE TABLE numbers (
    name              TEXT PRIMARY KEY,           -- as config.yaml calls it
    jid               TEXT NOT NULL DEFAULT '',   -- of the linked device; '' while not linked
    phone             TEXT NOT NULL DEFAULT '',   -- E.164
    brand             TEXT NOT NULL DEFAULT '',   -- of its flow, normalised: an opt-out counts for every number of a brand
    flow              TEXT NOT NULL DEFAULT '',   -- name@version the number last ran with
    linked_at         BIGINT NOT NULL DEFAULT 0,  -- first time, or the end of a ban or time-lock: the warm-up counts from here
    status            TEXT NOT NULL DEFAULT '',   -- last event of its connection
    restricted_until  BIGINT NOT NULL DEFAULT 0,  -- of a ban or time-lock by WhatsApp
    status_detail     TEXT NOT NULL DEFAULT '',
    status_at         BIGINT NOT NULL DEFAULT 0,
    phone_seen_at     BIGINT NOT NULL DEFAULT 0,  -- last sign of the phone itself
    phone_missed_at   BIGINT NOT NULL DEFAULT 0,  -- the sign after which it was last missed
    safe_mode         BIGINT NOT NULL DEFAULT 0,  -- 1: restored from a backup and not released yet
    backup_at         BIGINT NOT NULL DEFAULT 0,  -- when that backup was made
    restored_at       BIGINT NOT NULL DEFAULT 0,
    backed_up_at      BIGINT NOT NULL DEFAULT 0,  -- the last `backup` of this database
    reload_asked_at   BIGINT NOT NULL DEFAULT 0,  -- by `flow reload`
    forgot_on         TEXT NOT NULL DEFAULT '',   -- the date (UTC) of the last look at what has been kept long enough
    next_marketing_at BIGINT NOT NULL DEFAULT 0,  -- pace
    sent_day          TEXT NOT NULL DEFAULT '',
    sent_today        BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE contacts (
    id         INTEGER PRIMARY KEY,
    number     TEXT NOT NULL REFERENCES numbers (name),
    consent    TEXT NOT NULL CHECK (consent IN ('new', 'pending', 'subscribed', 'unsubscribed')),
    state      TEXT NOT NULL,                     -- of the flow; '' before the greeting
    language   TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_inbound BIGINT NOT NULL DEFAULT 0,       -- of doc
    suppressed BIGINT NOT NULL DEFAULT 0,         -- of doc
    zones      TEXT NOT NULL DEFAULT '',          -- of doc, joined by commas
    doc        TEXT NOT NULL                      -- bot.Contact as JSON
);
CREATE INDEX contacts_by_consent ON contacts (number, consent);
CREATE INDEX contacts_by_zones ON contacts (number, zones);
CREATE INDEX contacts_active ON contacts (number, last_inbound) WHERE consent = 'subscribed'; -- who gets a broadcast first

-- What audiences ask: the preferences and tags of doc, a row for each value.
CREATE TABLE preferences (
    contact_id BIGINT NOT NULL,
    name       TEXT NOT NULL,
    value      TEXT NOT NULL,
    amount     BIGINT,                            -- value as a number, where it is one
    PRIMARY KEY (contact_id, name, value)
);

CREATE TABLE identities (
    number     TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('phone', 'lid')),
    value      TEXT NOT NULL,
    contact_id BIGINT NOT NULL REFERENCES contacts (id),
    first_seen BIGINT NOT NULL,
    PRIMARY KEY (number, kind, value)
);
CREATE INDEX identities_by_contact ON identities (contact_id);

-- Every message that had its turn. The key is what makes a message that comes twice one turn.
CREATE TABLE inbox (
    contact_id  BIGINT NOT NULL,
    message_id  TEXT NOT NULL,
    source      TEXT NOT NULL,                    -- live, history, human, undecryptable
    kind        TEXT NOT NULL,
    text        TEXT NOT NULL,
    server_time BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (contact_id, message_id, source)
);

CREATE TABLE outbox (
    position      INTEGER PRIMARY KEY,            -- order of sending
    number        TEXT NOT NULL,
    message_id    TEXT NOT NULL,                  -- WhatsApp's, chosen when the message was decided
    contact_id    BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    text          TEXT NOT NULL,
    poll          TEXT NOT NULL DEFAULT '',       -- bot.Poll as JSON, sent instead of the text
    disclosure    BIGINT NOT NULL DEFAULT 0,
    stale         BIGINT NOT NULL DEFAULT 0,
    occurrence_id BIGINT NOT NULL DEFAULT 0,      -- of a broadcast
    status        TEXT NOT NULL,                  -- queued, claimed, sent, unknown, voided, failed
    attempts      BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    claimed_at    BIGINT NOT NULL DEFAULT 0,
    done_at       BIGINT NOT NULL DEFAULT 0,
    detail        TEXT NOT NULL DEFAULT '',
    UNIQUE (number, message_id)
);
-- SQLite uses a partial index only for a statement that repeats its condition word for word; a test looks at every plan.
CREATE INDEX outbox_queued ON outbox (number, position) WHERE status = 'queued';
CREATE INDEX outbox_claimed ON outbox (number) WHERE status = 'claimed';
CREATE INDEX outbox_by_contact ON outbox (contact_id);

CREATE TABLE timers (
    contact_id INTEGER PRIMARY KEY,               -- one timer each: the next thing that happens if they stay silent
    number     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    due_at     BIGINT NOT NULL
);
CREATE INDEX timers_due ON timers (number, due_at);

CREATE TABLE ledger (
    number        TEXT NOT NULL,
    seq           BIGINT NOT NULL,
    contact_id    BIGINT NOT NULL,                -- 0: a person known only by the hash of an identity
    previous      TEXT NOT NULL,
    hash          TEXT NOT NULL,
    public        TEXT NOT NULL,                  -- JSON, the bytes that were hashed
    personal_hash TEXT NOT NULL,
    PRIMARY KEY (number, seq)
);
CREATE INDEX ledger_by_contact ON ledger (contact_id);

-- What can be erased. Without its row an entry still verifies.
CREATE TABLE ledger_personal (
    number     TEXT NOT NULL,
    seq        BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    salt       TEXT NOT NULL,
    personal   TEXT NOT NULL,
    PRIMARY KEY (number, seq)
);

-- People who must not be written to and are not (or no longer) contacts: keyed hashes of their identities.
CREATE TABLE suppressions (
    number   TEXT NOT NULL,
    hash     TEXT NOT NULL,
    since    BIGINT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (number, hash)
);

-- Recurring broadcasts as they were armed. Every firing makes an occurrence.
CREATE TABLE schedules (
    number    TEXT NOT NULL,
    broadcast TEXT NOT NULL,
    status    TEXT NOT NULL,
    cron      TEXT NOT NULL,
    zone      TEXT NOT NULL,                      -- of its wall times; 'contact': each contact's own
    starts    TEXT NOT NULL DEFAULT '',           -- wall times
    ends      TEXT NOT NULL DEFAULT '',
    grace     BIGINT NOT NULL DEFAULT 0,          -- 0: as configured
    content   TEXT NOT NULL,                      -- the YAML as it was armed
    media     TEXT NOT NULL DEFAULT '',           -- bot.Media as JSON
    version   TEXT NOT NULL,
    note      TEXT NOT NULL DEFAULT '',
    armed_at  BIGINT NOT NULL,
    next_at   BIGINT NOT NULL DEFAULT 0,          -- of the first firing that has not made its occurrence
    PRIMARY KEY (number, broadcast)
);

CREATE TABLE occurrences (
    id         INTEGER PRIMARY KEY,
    number     TEXT NOT NULL,
    broadcast  TEXT NOT NULL,
    key        TEXT NOT NULL,
    due_at     BIGINT NOT NULL,
    wall       TEXT NOT NULL DEFAULT '',          -- of each contact's own time: that wall time
    grace      BIGINT NOT NULL DEFAULT 0,         -- 0: as configured
    status     TEXT NOT NULL,
    content    TEXT NOT NULL,                     -- the YAML as it was armed
    media      TEXT NOT NULL DEFAULT '',          -- bot.Media as JSON
    version    TEXT NOT NULL,
    note       TEXT NOT NULL DEFAULT '',
    armed_at   BIGINT NOT NULL,
    planned_at BIGINT NOT NULL DEFAULT 0,
    served     BIGINT NOT NULL DEFAULT 0,         -- place of its last promotion in the outbox: the lowest has the next turn
    guard       TEXT NOT NULL DEFAULT '',         -- bot.GuardState as JSON
    guard_until BIGINT NOT NULL DEFAULT 0,        -- the guard waits for what people say; nothing is claimed before
    UNIQUE (number, broadcast, key)
);

-- While an occurrence at each contact's own time is planned: when that is, by the zones of contacts.
CREATE TABLE own_times (
    occurrence_id BIGINT NOT NULL,
    zones         TEXT NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (occurrence_id, zones)
);

-- How many promotions of an occurrence were claimed in each minute: the guard weighs them by their age.
CREATE TABLE occurrence_sends (
    occurrence_id BIGINT NOT NULL,
    minute        BIGINT NOT NULL,                -- since 1970
    sent          BIGINT NOT NULL,
    PRIMARY KEY (occurrence_id, minute)
);

CREATE TABLE deliveries (
    occurrence_id BIGINT NOT NULL,
    contact_id    BIGINT NOT NULL,
    number        TEXT NOT NULL,
    broadcast     TEXT NOT NULL,
    status        TEXT NOT NULL,
    reason        TEXT NOT NULL DEFAULT '',
    until         BIGINT NOT NULL DEFAULT 0,      -- of a hold: when to ask again; 0: when the contact is woken
    not_before    BIGINT NOT NULL DEFAULT 0,      -- of a planned one: when their own time comes
    turn          BIGINT NOT NULL DEFAULT 1,      -- 0: one of the first, recently active people
    variant       BIGINT NOT NULL DEFAULT 0,
    message_id    TEXT NOT NULL DEFAULT '',
    planned_at    BIGINT NOT NULL,
    claimed_at    BIGINT NOT NULL DEFAULT 0,
    done_at       BIGINT NOT NULL DEFAULT 0,
    sent_at       BIGINT NOT NULL DEFAULT 0,      -- WhatsApp's server accepted it
    delivered_at  BIGINT NOT NULL DEFAULT 0,      -- first receipt; what follows is what came first, too
    read_at       BIGINT NOT NULL DEFAULT 0,
    replied_at    BIGINT NOT NULL DEFAULT 0,
    opted_out_at  BIGINT NOT NULL DEFAULT 0,
    bad_at        BIGINT NOT NULL DEFAULT 0,      -- first bad reaction, and the worst: for the guard
    reaction      TEXT NOT NULL DEFAULT '',
    holds         TEXT NOT NULL DEFAULT '',       -- what it has waited for: "reason@since reason@since"
    detail        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (occurrence_id, contact_id)
);
CREATE INDEX deliveries_bad ON deliveries (occurrence_id) WHERE bad_at > 0;
CREATE INDEX deliveries_planned ON deliveries (number, occurrence_id, not_before, turn, contact_id) WHERE status = 'planned';
CREATE INDEX deliveries_held ON deliveries (number, occurrence_id, until) WHERE status = 'held';
CREATE INDEX deliveries_claimed ON deliveries (number) WHERE status = 'claimed';
CREATE INDEX deliveries_by_contact ON deliveries (contact_id);
CREATE INDEX deliveries_by_message ON deliveries (message_id) WHERE message_id <> '';

-- Files that go out with broadcasts, as they were armed.
CREATE TABLE media (
    hash       TEXT PRIMARY KEY,                  -- SHA-256 of the content, hex
    content    BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

-- The versions of flows that numbers have run with; the newest is the one they run with.
CREATE TABLE flow_versions (
    number      TEXT NOT NULL,
    flow        TEXT NOT NULL,
    version     TEXT NOT NULL,
    source      TEXT NOT NULL,                    -- the YAML
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (number, flow, version)
);

-- Tags of posters and links made by `invite --source`.
CREATE TABLE sources (
    number     TEXT NOT NULL,
    tag        TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (number, tag)
);

CREATE TABLE notices (
    id         INTEGER PRIMARY KEY,
    number     TEXT NOT NULL,
    at         BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    text       TEXT NOT NULL,
    contact_id BIGINT NOT NULL DEFAULT 0,
    sent_at    BIGINT NOT NULL DEFAULT 0          -- to the number's own chat
);
CREATE INDEX notices_unsent ON notices (number, id) WHERE sent_at = 0;

-- +goose Down
DROP TABLE notices; DROP TABLE flow_versions; DROP TABLE media; DROP TABLE sources; DROP TABLE deliveries; DROP TABLE occurrence_sends;
DROP TABLE occurrences; DROP TABLE own_times; DROP TABLE schedules; DROP TABLE suppressions;
DROP TABLE ledger_personal; DROP TABLE ledger; DROP TABLE timers; DROP TABLE outbox; DROP TABLE inbox;
DROP TABLE identities; DROP TABLE preferences; DROP TABLE contacts; DROP TABLE numbers;
