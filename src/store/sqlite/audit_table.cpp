#include <algorithm>
#include <limits>

#include "store/sqlite/tables.hpp"

namespace kimbap::store::sqlite {

namespace {

bool read_hash(std::string_view bytes, Sha256& out) {
    if (bytes.size() != out.size()) return false;
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return true;
}

AuditRow read_row(const Statement& statement) {
    AuditRow row;
    row.seq = statement.integer(0);
    row.time = statement.time(1);
    row.line = statement.text(2);
    if (!read_hash(statement.view(3), row.hash)) row.hash = {};  // verify reports it as changed
    return row;
}

Result<void> scan_rows(Statement& statement, const std::function<bool(const AuditRow&)>& each) {
    for (;;) {
        const auto more = statement.step();
        if (!more) return more.error();
        if (!*more || !each(read_row(statement))) return {};
    }
}

}  // namespace

Result<AuditHead> AuditTable::head() const {
    if (head_) return *head_;
    AuditHead head;
    if (chain_.empty()) {
        const auto chain = MetaTable(connection_).get("audit.chain");
        if (!chain) return chain.error();
        if (!*chain) return make_error(Errc::corrupt, "the audit log's chain has no identifier");
        chain_ = **chain;
    }
    head.chain = chain_;
    auto statement = connection_.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
    if (!statement) return statement.error();
    const auto row = statement->step();
    if (!row) return row.error();
    if (*row) {
        head.seq = statement->integer(0);
        if (!read_hash(statement->view(1), head.hash)) {
            return make_error(Errc::corrupt,
                              "the audit log's last record is damaged "
                              "(run `kimbap audit verify`)");
        }
    }
    if (connection_.in_transaction()) head_ = head;
    return head;
}

Result<void> AuditTable::scan(std::int64_t after_seq,
                              const std::function<bool(const AuditRow&)>& each) const {
    auto statement =
        connection_.prepare("SELECT seq, time, line, hash FROM audit WHERE seq > ? ORDER BY seq");
    if (!statement) return statement.error();
    statement->bind(after_seq);
    return scan_rows(*statement, each);
}

Result<void> AuditTable::scan_back(std::int64_t before_seq,
                                   const std::function<bool(const AuditRow&)>& each) const {
    auto statement = connection_.prepare(
        "SELECT seq, time, line, hash FROM audit WHERE seq < ? ORDER BY seq DESC");
    if (!statement) return statement.error();
    statement->bind(before_seq == 0 ? std::numeric_limits<std::int64_t>::max() : before_seq);
    return scan_rows(*statement, each);
}

Result<std::optional<std::int64_t>> AuditTable::first_at(TimePoint time) const {
    // Records are appended in (nearly) ascending time: a binary search over seq needs no index.
    auto last = connection_.prepare("SELECT coalesce(max(seq), 0) FROM audit");
    if (!last) return last.error();
    const auto row = last->step();
    if (!row) return row.error();
    std::int64_t low = 1;
    std::int64_t high = last->integer(0) + 1;
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        auto at = connection_.prepare("SELECT time FROM audit WHERE seq >= ? ORDER BY seq LIMIT 1");
        if (!at) return at.error();
        const auto found = at->bind(middle).step();
        if (!found) return found.error();
        if (*found && at->time(0) < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > last->integer(0)) return std::optional<std::int64_t>{};
    return std::optional<std::int64_t>(low);
}

Result<void> AuditTable::append(const AuditRow& row) {
    auto statement =
        connection_.prepare("INSERT INTO audit (seq, time, line, hash) VALUES (?, ?, ?, ?)");
    if (!statement) return statement.error();
    const auto done = statement->bind(row.seq)
                          .bind(row.time)
                          .bind(row.line)
                          .bind_blob(row.hash.data(), row.hash.size())
                          .run();
    if (!done) return done.error();
    if (head_) {
        head_->seq = row.seq;
        head_->hash = row.hash;
    }
    return {};
}

}  // namespace kimbap::store::sqlite
