#include <algorithm>
#include <limits>

#include "store/sql/tables.hpp"

namespace kimbap::store::sql {

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

/// Rows that are asked for at a time: some databases send all rows of an answer at once.
constexpr std::int64_t kScanRows = 1000;

/// What a scan looks at next: whether there is more, and from where.
struct Continuation {
    bool more = false;
    std::int64_t seq = 0;
};

Result<Continuation> scan_rows(Statement& statement,
                               const std::function<bool(const AuditRow&)>& each) {
    Continuation next;
    for (std::int64_t count = 0;; ++count) {
        const auto more = statement.step();
        if (!more) return more.error();
        if (!*more) {
            next.more = count == kScanRows;
            return next;
        }
        const AuditRow row = read_row(statement);
        next.seq = row.seq;
        if (!each(row)) return next;
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
    return scan_in_parts(
        "SELECT seq, time, line, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", after_seq,
        each);
}

Result<void> AuditTable::scan_back(std::int64_t before_seq,
                                   const std::function<bool(const AuditRow&)>& each) const {
    return scan_in_parts(
        "SELECT seq, time, line, hash FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        before_seq == 0 ? std::numeric_limits<std::int64_t>::max() : before_seq, each);
}

Result<void> AuditTable::scan_in_parts(const char* sql, std::int64_t from,
                                       const std::function<bool(const AuditRow&)>& each) const {
    for (Continuation next{true, from}; next.more;) {
        auto statement = connection_.prepare(sql);
        if (!statement) return statement.error();
        const auto scanned = scan_rows(statement->bind(next.seq).bind(kScanRows), each);
        if (!scanned) return scanned.error();
        next = *scanned;
    }
    return {};
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

}  // namespace kimbap::store::sql
