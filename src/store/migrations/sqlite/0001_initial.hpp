#pragma once

namespace kimbap::store::migrations::sqlite {

inline constexpr const char* k0001Initial = R"sql(
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    is_operator INTEGER NOT NULL,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,      -- JSON array
    actions TEXT NOT NULL,    -- JSON array
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) WITHOUT ROWID;

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    iterations INTEGER NOT NULL,
    salt BLOB NOT NULL,
    nonce BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    tag BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    execution TEXT NOT NULL,
    caller_key TEXT NOT NULL,
    binding TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    lease_until INTEGER,
    outcome_expires_at INTEGER,
    document TEXT NOT NULL,
    sealed_call BLOB NOT NULL,
    sealed_outcome BLOB NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX approvals_pending ON approvals (caller_key, binding) WHERE state = 'pending';
CREATE INDEX approvals_expiry ON approvals (expires_at) WHERE state = 'pending';
CREATE INDEX approvals_execution ON approvals (execution)
    WHERE state = 'approved' AND execution IN ('waiting', 'executing');
CREATE INDEX approvals_outcome ON approvals (outcome_expires_at)
    WHERE outcome_expires_at IS NOT NULL;

CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    approval_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    last_error TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_approval ON outbox (approval_id);

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    line TEXT NOT NULL,
    hash BLOB NOT NULL
);
)sql";

}  // namespace kimbap::store::migrations::sqlite
