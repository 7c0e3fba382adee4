#include "store/sql/rows.hpp"
#include "store/sql/tables.hpp"

namespace kimbap::store::sql {

namespace {

#define KIMBAP_APPROVAL_COLUMNS                                                     \
    "id, revision, state, execution, caller_key, binding, created_at, expires_at, " \
    "lease_until, outcome_expires_at, document, sealed_call, sealed_outcome"

ApprovalRow read_row(const Statement& statement) {
    ApprovalRow row;
    row.id = statement.text(0);
    row.revision = statement.integer(1);
    row.state = statement.text(2);
    row.execution = statement.text(3);
    row.caller_key = statement.text(4);
    row.binding = statement.text(5);
    row.created_at = statement.time(6);
    row.expires_at = statement.time(7);
    row.lease_until = statement.optional_time(8);
    row.outcome_expires_at = statement.optional_time(9);
    row.document = statement.text(10);
    row.sealed_call = statement.text(11);
    row.sealed_outcome = statement.text(12);
    return row;
}

}  // namespace

Result<std::optional<ApprovalRow>> ApprovalTable::find(std::string_view id) const {
    auto statement =
        connection_.prepare("SELECT " KIMBAP_APPROVAL_COLUMNS " FROM approvals WHERE id = ?");
    if (!statement) return statement.error();
    statement->bind(id);
    return next_row<ApprovalRow>(*statement, read_row);
}

Result<std::optional<ApprovalRow>> ApprovalTable::find_pending(std::string_view caller_key,
                                                               std::string_view binding) const {
    auto statement = connection_.prepare(
        "SELECT " KIMBAP_APPROVAL_COLUMNS
        " FROM approvals WHERE caller_key = ? AND binding = ? AND state = 'pending'");
    if (!statement) return statement.error();
    statement->bind(caller_key).bind(binding);
    return next_row<ApprovalRow>(*statement, read_row);
}

Result<std::vector<ApprovalRow>> ApprovalTable::list(std::string_view state,
                                                     std::string_view caller_key, std::size_t limit,
                                                     std::string_view before_id) const {
    // A statement for each kind of question, so that each walks the index made for it.
#define KIMBAP_LIST(condition)                                           \
    "SELECT " KIMBAP_APPROVAL_COLUMNS " FROM approvals WHERE " condition \
    "id < ? ORDER BY id DESC LIMIT ?"
    const bool any = state == "*";
    const bool named = !any && !state.empty();
    const char* sql = nullptr;
    if (caller_key.empty()) {
        sql = named ? KIMBAP_LIST("state = ? AND ")
              : any ? KIMBAP_LIST("")
                    : KIMBAP_LIST("state <> 'detached' AND ");
    } else {
        sql = named ? KIMBAP_LIST("caller_key = ? AND state = ? AND ")
              : any ? KIMBAP_LIST("caller_key = ? AND ")
                    : KIMBAP_LIST("caller_key = ? AND state <> 'detached' AND ");
    }
#undef KIMBAP_LIST
    auto statement = connection_.prepare(sql);
    if (!statement) return statement.error();
    if (!caller_key.empty()) statement->bind(caller_key);
    if (named) statement->bind(state);
    constexpr std::string_view after_all = "~";  // identifiers begin with a letter
    statement->bind(before_id.empty() ? after_all : before_id)
        .bind(static_cast<std::int64_t>(limit));
    return all_rows<ApprovalRow>(*statement, read_row);
}

Result<std::vector<ApprovalRow>> ApprovalTable::due_for_expiry(TimePoint now,
                                                               std::size_t limit) const {
    auto statement = connection_.prepare(
        "SELECT " KIMBAP_APPROVAL_COLUMNS
        " FROM approvals WHERE state = 'pending' AND expires_at <= ? ORDER BY expires_at LIMIT ?");
    if (!statement) return statement.error();
    statement->bind(now).bind(static_cast<std::int64_t>(limit));
    return all_rows<ApprovalRow>(*statement, read_row);
}

Result<std::vector<ApprovalRow>> ApprovalTable::to_execute(TimePoint now, std::size_t limit) const {
    auto statement =
        connection_.prepare("SELECT " KIMBAP_APPROVAL_COLUMNS
                            " FROM approvals WHERE execution IN ('waiting', 'executing') "
                            "AND (execution = 'waiting' OR lease_until <= ?) ORDER BY id LIMIT ?");
    if (!statement) return statement.error();
    statement->bind(now).bind(static_cast<std::int64_t>(limit));
    return all_rows<ApprovalRow>(*statement, read_row);
}

Result<std::size_t> ApprovalTable::count_pending(std::string_view caller_key) const {
    auto statement =
        connection_.prepare("SELECT pending FROM approval_counts WHERE caller_key = ?");
    if (!statement) return statement.error();
    statement->bind(caller_key);
    const auto row = statement->step();
    if (!row) return row.error();
    return *row ? static_cast<std::size_t>(statement->integer(0)) : 0;
}

Result<ApprovalMoves> ApprovalTable::moved_since(std::int64_t since) const {
    auto ends = connection_.prepare(
        "SELECT coalesce((SELECT max(seq) FROM approval_moves), 0), "
        "coalesce((SELECT min(seq) FROM approval_moves), 1)");
    if (!ends) return ends.error();
    const auto row = ends->step();
    if (!row) return row.error();
    ApprovalMoves moves;
    moves.newest = ends->integer(0);
    const std::int64_t oldest = ends->integer(1);
    moves.incomplete = since < 0 || since + 1 < oldest || since > moves.newest;
    if (moves.incomplete || since == moves.newest) return moves;
    auto statement = connection_.prepare("SELECT approval_id FROM approval_moves WHERE seq > ?");
    if (!statement) return statement.error();
    statement->bind(since);
    auto moved =
        all_rows<std::string>(*statement, [](const Statement& row) { return row.text(0); });
    if (!moved) return moved.error();
    moves.approvals = std::move(*moved);
    return moves;
}

Result<void> ApprovalTable::insert(const ApprovalRow& row) {
    auto statement = connection_.prepare("INSERT INTO approvals (" KIMBAP_APPROVAL_COLUMNS
                                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!statement) return statement.error();
    touched_.add(Topic::approvals);
    return statement->bind(row.id)
        .bind(row.revision)
        .bind(row.state)
        .bind(row.execution)
        .bind(row.caller_key)
        .bind(row.binding)
        .bind(row.created_at)
        .bind(row.expires_at)
        .bind(row.lease_until)
        .bind(row.outcome_expires_at)
        .bind(row.document)
        .bind_blob(row.sealed_call.data(), row.sealed_call.size())
        .bind_blob(row.sealed_outcome.data(), row.sealed_outcome.size())
        .run();
}

Result<void> ApprovalTable::update(const ApprovalRow& row) {
    auto statement = connection_.prepare(
        "UPDATE approvals SET revision = revision + 1, state = ?, execution = ?, expires_at = ?, "
        "lease_until = ?, outcome_expires_at = ?, document = ?, sealed_call = ?, "
        "sealed_outcome = ? WHERE id = ? AND revision = ?");
    if (!statement) return statement.error();
    const auto done = statement->bind(row.state)
                          .bind(row.execution)
                          .bind(row.expires_at)
                          .bind(row.lease_until)
                          .bind(row.outcome_expires_at)
                          .bind(row.document)
                          .bind_blob(row.sealed_call.data(), row.sealed_call.size())
                          .bind_blob(row.sealed_outcome.data(), row.sealed_outcome.size())
                          .bind(row.id)
                          .bind(row.revision)
                          .run();
    if (!done) return done.error();
    if (connection_.changes() == 0) {
        const auto stored = find(row.id);
        if (!stored) return stored.error();
        if (!*stored) return make_error(Errc::not_found, "no approval " + row.id);
        return make_error(Errc::conflict, "approval " + row.id + " changed meanwhile");
    }
    touched_.add(Topic::approvals);
    return {};
}

Result<std::size_t> ApprovalTable::purge_outcomes(TimePoint now) {
    auto forgetting = connection_.prepare(
        "DELETE FROM approvals WHERE state = 'detached' AND outcome_expires_at <= ?");
    if (!forgetting) return forgetting.error();
    const auto forgot = forgetting->bind(now).run();
    if (!forgot) return forgot.error();
    const auto forgotten = static_cast<std::size_t>(connection_.changes());
    auto statement = connection_.prepare(
        "UPDATE approvals SET revision = revision + 1, sealed_call = ?, sealed_outcome = ?, "
        "outcome_expires_at = NULL WHERE outcome_expires_at <= ?");
    if (!statement) return statement.error();
    const auto done = statement->bind_blob(nullptr, 0).bind_blob(nullptr, 0).bind(now).run();
    if (!done) return done.error();
    const auto purged = forgotten + static_cast<std::size_t>(connection_.changes());
    if (purged != 0) touched_.add(Topic::approvals);
    return purged;
}

#undef KIMBAP_APPROVAL_COLUMNS

}  // namespace kimbap::store::sql
