#include "audit/reader.hpp"

#include <algorithm>
#include <array>
#include <deque>

#include "audit/chain.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "store/audit_store.hpp"
#include "store/store.hpp"

namespace kimbap::audit {

namespace {

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

bool fits(const Filter& filter, const std::string& line) {
    if (filter.kind.empty() && filter.call.empty() && filter.agent.empty() &&
        filter.action.empty()) {
        return true;
    }
    const auto value = parse_json(line);
    if (!value || !value->is_object()) return false;
    const json::object& record = value->get_object();
    return (filter.kind.empty() || text_at(record, "kind") == filter.kind) &&
           (filter.call.empty() || text_at(record, "call") == filter.call) &&
           (filter.action.empty() || text_at(record, "action") == filter.action) &&
           (filter.agent.empty() || text_at(record, "caller", "agent") == filter.agent);
}

std::string csv_field(std::string_view text) {
    std::string out = "\"";
    if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos) {
        out += '\'';
    }
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

constexpr std::array kColumns{"seq",      "time",   "kind",        "call",       "agent",
                              "token",    "action", "decision",    "rule",       "approval",
                              "operator", "status", "http_status", "parameters", "hash"};

/// Walks the chain record by record.
class Verifier {
public:
    Verifier(std::string chain, const std::optional<Checkpoint>& checkpoint)
        : chain_(std::move(chain)), checkpoint_(checkpoint) {}

    bool next(const store::AuditRow& row) {
        result_.bad_seq = row.seq;
        if (row.seq != result_.records + 1) {
            return wrong("record " + std::to_string(result_.records + 1) + " is missing");
        }
        if (hash_of(row.line) != row.hash) return wrong("its content was changed");
        const auto value = parse_json(row.line);
        if (!value || !value->is_object()) return wrong("it is not JSON");
        const json::object& record = value->get_object();
        if (text_at(record, "chain") != chain_) return wrong("it belongs to another chain");
        const json::value* seq = record.if_contains("seq");
        if (seq == nullptr || !seq->is_int64() || seq->get_int64() != row.seq) {
            return wrong("it was moved from another place in the log");
        }
        if (text_at(record, "prev") != hex_encode(bytes_of(last_))) {
            return wrong("it does not follow the record before it");
        }
        if (text_at(record, "time") != format_time(row.time)) return wrong("its time was changed");
        if (checkpoint_ && checkpoint_->seq == row.seq &&
            checkpoint_->hash != hex_encode(bytes_of(row.hash))) {
            return wrong("the checkpoint has another record here: the log was rewritten");
        }
        last_ = row.hash;
        ++result_.records;
        return true;
    }

    Verification finish() {
        if (result_.fault.empty() && checkpoint_ && checkpoint_->chain != chain_) {
            wrong("the checkpoint is of another log (" + checkpoint_->chain + ")");
        }
        if (result_.fault.empty() && checkpoint_ && checkpoint_->seq > result_.records) {
            result_.bad_seq = result_.records + 1;
            wrong("the log ends here, but the checkpoint saw " + std::to_string(checkpoint_->seq) +
                  " records: its tail was cut off");
        }
        result_.intact = result_.fault.empty();
        if (result_.intact) result_.bad_seq = 0;
        result_.head = hex_encode(bytes_of(last_));
        return std::move(result_);
    }

private:
    bool wrong(std::string fault) {
        result_.fault = std::move(fault);
        return false;
    }

    std::string chain_;
    const std::optional<Checkpoint>& checkpoint_;
    Verification result_;
    Sha256 last_{};
};

}  // namespace

Result<void> for_each(const store::Store& store, const Filter& filter,
                      const std::function<void(std::int64_t, const std::string&)>& each) {
    return store.read([&](const store::Snapshot& snapshot) -> Result<void> {
        std::int64_t after = filter.after_seq;
        if (filter.since) {
            const auto first = snapshot.audit().first_at(*filter.since);
            if (!first) return first.error();
            if (!*first) return {};
            after = std::max(after, **first - 1);
        }
        if (filter.limit == 0) {
            return snapshot.audit().scan(after, [&](const store::AuditRow& row) {
                if (fits(filter, row.line)) each(row.seq, exported(row.line, row.hash));
                return true;
            });
        }
        std::deque<std::pair<std::int64_t, std::string>> last;
        const auto scanned = snapshot.audit().scan_back(0, [&](const store::AuditRow& row) {
            if (row.seq <= after) return false;
            if (fits(filter, row.line)) last.emplace_front(row.seq, exported(row.line, row.hash));
            return last.size() < filter.limit;
        });
        if (!scanned) return scanned;
        for (const auto& [seq, line] : last) each(seq, line);
        return {};
    });
}

std::string csv_header() {
    std::string out;
    for (const char* column : kColumns) out += (out.empty() ? "" : ",") + std::string(column);
    return out;
}

Result<std::string> csv_row(const std::string& exported_line) {
    const auto value = parse_json(exported_line);
    if (!value || !value->is_object()) {
        return make_error(Errc::corrupt, "an audit record is not JSON (run `kimbap audit verify`)");
    }
    const json::object& record = value->get_object();
    const auto scalar = [&](std::string_view outer, std::string_view key) -> std::string {
        const json::value* holder = outer.empty() ? &*value : record.if_contains(outer);
        if (holder == nullptr || !holder->is_object()) return "";
        const json::value* found = holder->get_object().if_contains(key);
        if (found == nullptr) return "";
        return found->is_string() ? std::string(found->get_string()) : kimbap::to_json(*found);
    };
    const std::array fields{scalar("", "seq"),
                            scalar("", "time"),
                            scalar("", "kind"),
                            scalar("", "call"),
                            scalar("caller", "agent"),
                            scalar("caller", "token"),
                            scalar("", "action"),
                            scalar("decision", "outcome"),
                            scalar("decision", "rule"),
                            scalar("approval", "id"),
                            scalar("approval", "operator"),
                            scalar("execution", "status"),
                            scalar("execution", "http_status"),
                            scalar("", "parameters"),
                            scalar("", "hash")};
    static_assert(fields.size() == kColumns.size());
    std::string out;
    for (const std::string& field : fields) out += (out.empty() ? "" : ",") + csv_field(field);
    return out;
}

Result<Verification> verify(const store::Store& store,
                            const std::optional<Checkpoint>& checkpoint) {
    std::optional<Verification> out;
    const auto done = store.read([&](const store::Snapshot& snapshot) -> Result<void> {
        const auto head = snapshot.audit().head();
        if (!head) return head.error();
        Verifier verifier(head->chain, checkpoint);
        const auto scanned = snapshot.audit().scan(
            0, [&](const store::AuditRow& row) { return verifier.next(row); });
        if (!scanned) return scanned;
        out = verifier.finish();
        return {};
    });
    if (!done) return done.error();
    return std::move(*out);
}

}  // namespace kimbap::audit
