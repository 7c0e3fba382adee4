#include "store/sql/rows.hpp"
#include "store/sql/tables.hpp"

namespace kimbap::store::sql {

namespace {

OutboxRow read_row(const Statement& statement) {
    OutboxRow row;
    row.id = statement.text(0);
    row.approval_id = statement.text(1);
    row.channel = statement.text(2);
    row.body = statement.text(3);
    row.state = statement.text(4);
    row.attempts = statement.integer(5);
    row.created_at = statement.time(6);
    row.next_attempt_at = statement.time(7);
    row.last_error = statement.text(8);
    row.recipient = statement.text(9);
    row.receipt = statement.text(10);
    return row;
}

}  // namespace

Result<std::vector<OutboxRow>> OutboxTable::of_approval(std::string_view approval_id) const {
    auto statement = connection_.prepare(
        "SELECT id, approval_id, channel, body, state, attempts, created_at, next_attempt_at, "
        "last_error, recipient, receipt FROM outbox WHERE approval_id = ? ORDER BY id");
    if (!statement) return statement.error();
    statement->bind(approval_id);
    return all_rows<OutboxRow>(*statement, read_row);
}

Result<std::vector<ChannelDue>> OutboxTable::due() const {
    // Steps from channel to channel through the index: a GROUP BY would read every pending row.
    auto statement = connection_.prepare(
        "WITH RECURSIVE channels(name) AS ("
        " SELECT min(channel) FROM outbox WHERE state = 'pending'"
        " UNION ALL"
        " SELECT (SELECT min(channel) FROM outbox WHERE state = 'pending' AND channel > name)"
        " FROM channels WHERE name IS NOT NULL) "
        "SELECT name, (SELECT min(next_attempt_at) FROM outbox"
        " WHERE state = 'pending' AND channel = name) FROM channels WHERE name IS NOT NULL");
    if (!statement) return statement.error();
    return all_rows<ChannelDue>(*statement, [](const Statement& row) {
        return ChannelDue{row.text(0), row.time(1)};
    });
}

Result<std::vector<DeliveryCount>> OutboxTable::undelivered() const {
    auto statement = connection_.prepare(
        "SELECT channel, 'pending', count(*) FROM outbox WHERE state = 'pending' GROUP BY channel "
        "UNION ALL "
        "SELECT channel, 'dead', count(*) FROM outbox WHERE state = 'dead' GROUP BY channel");
    if (!statement) return statement.error();
    return all_rows<DeliveryCount>(*statement, [](const Statement& row) {
        return DeliveryCount{row.text(0), row.text(1), row.integer(2)};
    });
}

Result<void> OutboxTable::insert(const OutboxRow& row) {
    auto statement = connection_.prepare(
        "INSERT INTO outbox (id, approval_id, channel, body, state, attempts, created_at, "
        "next_attempt_at, last_error, recipient, receipt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?)");
    if (!statement) return statement.error();
    touched_.add(Topic::outbox);
    return statement->bind(row.id)
        .bind(row.approval_id)
        .bind(row.channel)
        .bind(row.body)
        .bind(row.state)
        .bind(row.attempts)
        .bind(row.created_at)
        .bind(row.next_attempt_at)
        .bind(row.last_error)
        .bind(row.recipient)
        .bind(row.receipt)
        .run();
}

Result<std::vector<OutboxRow>> OutboxTable::claim_due(std::string_view channel, TimePoint now,
                                                      TimePoint lease_until, std::size_t limit) {
    auto select = connection_.prepare(
        "SELECT id, approval_id, channel, body, state, attempts, created_at, next_attempt_at, "
        "last_error, recipient, receipt FROM outbox "
        "WHERE state = 'pending' AND channel = ? AND next_attempt_at <= ? "
        "ORDER BY next_attempt_at, id LIMIT ?");
    if (!select) return select.error();
    select->bind(channel).bind(now).bind(static_cast<std::int64_t>(limit));
    auto rows = all_rows<OutboxRow>(*select, read_row);
    if (!rows) return rows.error();
    for (const OutboxRow& row : *rows) {
        auto lease = connection_.prepare("UPDATE outbox SET next_attempt_at = ? WHERE id = ?");
        if (!lease) return lease.error();
        const auto done = lease->bind(lease_until).bind(row.id).run();
        if (!done) return done.error();
    }
    return rows;
}

Result<void> OutboxTable::update(const OutboxRow& row) {
    auto statement = connection_.prepare(
        "UPDATE outbox SET state = ?, attempts = ?, next_attempt_at = ?, last_error = ?, "
        "receipt = ? WHERE id = ?");
    if (!statement) return statement.error();
    const auto done = statement->bind(row.state)
                          .bind(row.attempts)
                          .bind(row.next_attempt_at)
                          .bind(row.last_error)
                          .bind(row.receipt)
                          .bind(row.id)
                          .run();
    if (!done) return done.error();
    if (connection_.changes() == 0) return make_error(Errc::not_found, "no delivery " + row.id);
    return {};
}

Result<std::size_t> OutboxTable::purge_delivered(TimePoint before, std::size_t limit) {
    // While an approval waits, the rows of its request say which messages to update.
    auto statement = connection_.prepare(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox"
        " WHERE state = 'delivered' AND created_at < ? AND approval_id NOT IN"
        " (SELECT id FROM approvals WHERE state = 'pending') ORDER BY created_at LIMIT ?)");
    if (!statement) return statement.error();
    const auto done = statement->bind(before).bind(static_cast<std::int64_t>(limit)).run();
    if (!done) return done.error();
    return static_cast<std::size_t>(connection_.changes());
}

}  // namespace kimbap::store::sql
