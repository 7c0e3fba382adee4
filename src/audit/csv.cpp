#include "audit/csv.hpp"

#include <array>
#include <string_view>

#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::audit {

namespace {

/// A column is a member, or a member of a member.
struct Column {
    std::string_view title;
    std::string_view outer;
    std::string_view member;
};

constexpr std::array kColumns{
    Column{"seq", "", "seq"},
    Column{"time", "", "time"},
    Column{"kind", "", "kind"},
    Column{"call", "", "call"},
    Column{"agent", "caller", "agent"},
    Column{"token", "caller", "token"},
    Column{"roles", "caller", "roles"},
    Column{"client", "caller", "client"},
    Column{"action", "", "action"},
    Column{"decision", "decision", "outcome"},
    Column{"rule", "decision", "rule"},
    Column{"approval", "approval", "id"},
    Column{"operator", "approval", "operator"},
    Column{"approval_outcome", "approval", "outcome"},
    Column{"status", "execution", "status"},
    Column{"http_status", "execution", "http_status"},
    Column{"duration_ms", "execution", "duration_ms"},
    Column{"parameters", "", "parameters"},
    Column{"details", "", "details"},
    Column{"prev", "", "prev"},
    Column{"hash", "", "hash"},
    // Later ones come last, so that the others keep their places.
    Column{"chain", "", "chain"},
    Column{"policy", "decision", "policy"},
    Column{"attempts", "execution", "attempts"},
    Column{"bytes", "execution", "bytes"},
};

std::string text_of(const json::object& record, const Column& column) {
    const json::object* holder = &record;
    if (!column.outer.empty()) {
        const json::value* outer = record.if_contains(column.outer);
        if (outer == nullptr || !outer->is_object()) return {};
        holder = &outer->get_object();
    }
    const json::value* found = holder->if_contains(column.member);
    if (found == nullptr) return {};
    if (found->is_string()) return std::string(found->get_string());
    return to_json(*found);
}

void append_field(std::string& out, std::string_view text) {
    constexpr std::string_view kFormulaStarts = "=+-@\t\r\n";
    out += '"';
    if (!text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos) out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

}  // namespace

std::string csv_header() {
    std::string out;
    for (const Column& column : kColumns) {
        if (!out.empty()) out += ',';
        out += column.title;
    }
    return out;
}

Result<std::string> csv_row(const std::string& exported_line) {
    auto value = parse_json(exported_line);
    // Versions before this one kept bytes that are no UTF-8 as they came.
    if (!value) value = parse_json(to_valid_utf8(exported_line));
    if (!value || !value->is_object()) {
        return make_error(Errc::corrupt, "an audit record is not JSON (run `kimbap audit verify`)");
    }
    std::string out;
    for (const Column& column : kColumns) {
        if (!out.empty()) out += ',';
        append_field(out, text_of(value->get_object(), column));
    }
    return out;
}

}  // namespace kimbap::audit
