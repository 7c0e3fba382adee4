#pragma once

namespace kimbap::store::migrations::postgres {

/// Everything that SQLite's first five make. Names and identifiers are compared byte by byte, as
/// SQLite does, whatever the database's own collation.
inline constexpr const char* k0001Initial = R"sql(
CREATE TABLE meta (
    key TEXT COLLATE "C" PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE tokens (
    id TEXT COLLATE "C" PRIMARY KEY,
    is_operator BIGINT NOT NULL,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,      -- JSON array
    actions TEXT NOT NULL,    -- JSON array
    hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE secrets (
    name TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    iterations BIGINT NOT NULL,
    salt BYTEA NOT NULL,
    nonce BYTEA NOT NULL,
    ciphertext BYTEA NOT NULL,
    tag BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE approvals (
    id TEXT COLLATE "C" PRIMARY KEY,
    revision BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    execution TEXT COLLATE "C" NOT NULL,
    caller_key TEXT COLLATE "C" NOT NULL,
    binding TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    lease_until BIGINT,
    outcome_expires_at BIGINT,
    document TEXT NOT NULL,
    sealed_call BYTEA NOT NULL,
    sealed_outcome BYTEA NOT NULL
);
CREATE UNIQUE INDEX approvals_pending ON approvals (caller_key, binding) WHERE state = 'pending';
CREATE INDEX approvals_expiry ON approvals (expires_at) WHERE state = 'pending';
CREATE INDEX approvals_execution ON approvals (execution)
    WHERE execution IN ('waiting', 'executing');
CREATE INDEX approvals_outcome ON approvals (outcome_expires_at)
    WHERE outcome_expires_at IS NOT NULL;
CREATE INDEX approvals_state ON approvals (state, id);
CREATE INDEX approvals_caller ON approvals (caller_key, state, id);

CREATE TABLE approval_counts (
    caller_key TEXT COLLATE "C" PRIMARY KEY,
    pending BIGINT NOT NULL
);
INSERT INTO approval_counts VALUES ('', 0);

CREATE FUNCTION approvals_requested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO approval_counts AS counts VALUES (NEW.caller_key, 1)
        ON CONFLICT (caller_key) DO UPDATE SET pending = counts.pending + 1;
    UPDATE approval_counts SET pending = pending + 1 WHERE caller_key = '';
    RETURN NULL;
END $$;
CREATE TRIGGER approvals_requested AFTER INSERT ON approvals
    FOR EACH ROW WHEN (NEW.state = 'pending') EXECUTE FUNCTION approvals_requested();

CREATE FUNCTION approvals_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE approval_counts SET pending = pending - 1 WHERE caller_key IN (NEW.caller_key, '');
    DELETE FROM approval_counts
        WHERE caller_key = NEW.caller_key AND caller_key <> '' AND pending <= 0;
    RETURN NULL;
END $$;
CREATE TRIGGER approvals_decided AFTER UPDATE OF state ON approvals
    FOR EACH ROW WHEN (OLD.state = 'pending' AND NEW.state <> 'pending')
    EXECUTE FUNCTION approvals_decided();

CREATE TABLE approval_moves (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    approval_id TEXT COLLATE "C" NOT NULL
);
CREATE FUNCTION approvals_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO approval_moves (approval_id) VALUES (NEW.id);
    DELETE FROM approval_moves WHERE seq <= (SELECT max(seq) FROM approval_moves) - 10000;
    RETURN NULL;
END $$;
CREATE TRIGGER approvals_moved AFTER UPDATE OF state, execution ON approvals
    FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.execution <> NEW.execution)
    EXECUTE FUNCTION approvals_moved();

CREATE TABLE outbox (
    id TEXT COLLATE "C" PRIMARY KEY,
    approval_id TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    recipient TEXT NOT NULL DEFAULT '',
    receipt TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_due ON outbox (channel, next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_dead ON outbox (channel) WHERE state = 'dead';
CREATE INDEX outbox_approval ON outbox (approval_id);
CREATE INDEX outbox_delivered ON outbox (created_at) WHERE state = 'delivered';

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    time BIGINT NOT NULL,
    line TEXT NOT NULL,
    hash BYTEA NOT NULL
);
)sql";

}  // namespace kimbap::store::migrations::postgres
