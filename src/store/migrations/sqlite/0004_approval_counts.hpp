#pragma once

namespace kimbap::store::migrations::sqlite {

/// For many approvals at once: how many are pending, in all (caller_key '') and of each caller, is
/// counted as they come and go, so that nothing has to count them; and which ones moved is listed,
/// so that who waits for one of thousands is woken for that one alone.
inline constexpr const char* k0004ApprovalCounts = R"sql(
CREATE TABLE approval_counts (
    caller_key TEXT PRIMARY KEY,
    pending INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO approval_counts SELECT '', count(*) FROM approvals WHERE state = 'pending';
INSERT INTO approval_counts
    SELECT caller_key, count(*) FROM approvals WHERE state = 'pending' GROUP BY caller_key;

CREATE TRIGGER approvals_requested AFTER INSERT ON approvals WHEN NEW.state = 'pending'
BEGIN
    INSERT INTO approval_counts VALUES (NEW.caller_key, 1)
        ON CONFLICT (caller_key) DO UPDATE SET pending = pending + 1;
    UPDATE approval_counts SET pending = pending + 1 WHERE caller_key = '';
END;
CREATE TRIGGER approvals_decided AFTER UPDATE OF state ON approvals
    WHEN OLD.state = 'pending' AND NEW.state <> 'pending'
BEGIN
    UPDATE approval_counts SET pending = pending - 1 WHERE caller_key IN (NEW.caller_key, '');
    DELETE FROM approval_counts
        WHERE caller_key = NEW.caller_key AND caller_key <> '' AND pending <= 0;
END;

CREATE TABLE approval_moves (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    approval_id TEXT NOT NULL
);
CREATE TRIGGER approvals_moved AFTER UPDATE OF state, execution ON approvals
    WHEN OLD.state <> NEW.state OR OLD.execution <> NEW.execution
BEGIN
    INSERT INTO approval_moves (approval_id) VALUES (NEW.id);
    DELETE FROM approval_moves WHERE seq <= (SELECT max(seq) FROM approval_moves) - 10000;
END;

CREATE INDEX approvals_state ON approvals (state, id);
CREATE INDEX approvals_caller ON approvals (caller_key, state, id);
)sql";

}  // namespace kimbap::store::migrations::sqlite
