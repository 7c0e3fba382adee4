#include "audit/reader.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <string_view>
#include <utility>

#include "audit/chain.hpp"
#include "audit/pieces.hpp"
#include "base/glob.hpp"
#include "base/json_text.hpp"
#include "store/audit_store.hpp"
#include "store/store.hpp"

namespace kimbap::audit {

namespace {

/// Records stand in the order of their commits, which is nearly that of their times: a record may
/// wait for its commit, and clocks are set back now and then. Searching by time looks this much
/// earlier.
constexpr std::chrono::hours kClockSlack{2};

std::string_view text_at(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view{};
}

std::string_view text_at(const json::object& object, std::string_view outer, std::string_view key) {
    const json::value* value = object.if_contains(outer);
    return value != nullptr && value->is_object() ? text_at(value->get_object(), key)
                                                  : std::string_view{};
}

bool fits_glob(const std::string& glob, std::string_view text) {
    return glob.empty() || glob_match(glob, text);
}

bool fits(const Filter& filter, const store::AuditRow& row) {
    if ((filter.since && row.time < *filter.since) || (filter.until && row.time >= *filter.until)) {
        return false;
    }
    if (filter.kind.empty() && filter.call.empty() && filter.agent.empty() &&
        filter.action.empty()) {
        return true;
    }
    // Most records hold no trace of the call that is looked for: no need to parse them.
    if (row.line.find(filter.call) == std::string::npos) return false;
    const auto value = parse_json(row.line);
    if (!value || !value->is_object()) return false;
    const json::object& record = value->get_object();
    return fits_glob(filter.kind, text_at(record, "kind")) &&
           (filter.call.empty() || text_at(record, "call") == filter.call) &&
           fits_glob(filter.action, text_at(record, "action")) &&
           fits_glob(filter.agent, text_at(record, "caller", "agent"));
}

/// The record after which those that fit begin; nullopt where there are none.
Result<std::optional<std::int64_t>> start_of(const store::Store& store, const Filter& filter) {
    if (!filter.since) return std::optional(filter.after_seq);
    const auto first = store::query(store, [&](const store::Snapshot& snapshot) {
        return snapshot.audit().first_at(*filter.since - kClockSlack);
    });
    if (!first) return first.error();
    if (!*first) return std::optional<std::int64_t>{};
    return std::optional(std::max(filter.after_seq, **first - 1));
}

}  // namespace

Result<void> for_each(const store::Store& store, const Filter& filter,
                      const std::function<void(std::int64_t, const std::string&)>& each) {
    const auto start = start_of(store, filter);
    if (!start) return start.error();
    if (!*start) return {};
    const std::int64_t after = **start;
    if (filter.limit == 0 || filter.oldest) {
        std::size_t count = 0;
        return in_pieces(store, after, [&](const store::AuditRow& row) {
            if (filter.before_seq != 0 && row.seq >= filter.before_seq) return false;
            if (!fits(filter, row)) return true;
            each(row.seq, exported(row.line, row.hash));
            return ++count != filter.limit;
        });
    }
    std::deque<std::pair<std::int64_t, std::string>> last;
    const auto scanned = in_pieces_back(store, filter.before_seq, [&](const store::AuditRow& row) {
        if (row.seq <= after) return false;
        if (fits(filter, row)) last.emplace_front(row.seq, exported(row.line, row.hash));
        return last.size() < filter.limit;
    });
    if (!scanned) return scanned;
    for (const auto& [seq, line] : last) each(seq, line);
    return {};
}

Result<std::int64_t> last_seq(const store::Store& store) {
    const auto head = store::query(
        store, [](const store::Snapshot& snapshot) { return snapshot.audit().head(); });
    if (!head) return head.error();
    return head->seq;
}

}  // namespace kimbap::audit
