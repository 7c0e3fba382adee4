#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "base/digest.hpp"
#include "base/json_text.hpp"
#include "policy/compiled.hpp"
#include "policy/field.hpp"
#include "policy/policy.hpp"
#include "policy/risk_level.hpp"
#include "policy/time_zone.hpp"

namespace kimbap::policy {

namespace {

constexpr std::array<std::string_view, 3> kDecisions{"allow", "deny", "require_approval"};
constexpr std::array<std::string_view, 5> kScopes{"agent", "token", "role", "action", "global"};
constexpr std::array<std::string_view, 14> kOperators{
    "eq",     "ne",       "gt",          "gte",       "lt",   "lte",     "in",
    "not_in", "contains", "starts_with", "ends_with", "glob", "matches", "exists"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};
constexpr int kMaxNesting = 16;
constexpr std::int64_t kMaxRequests = 1'000'000;
constexpr std::int64_t kMaxWindowSeconds = 31LL * 86'400;

std::vector<std::string> patterns(const YamlReader& reader) {
    std::vector<std::string> out = reader.strings();
    if (!reader.absent() && out.empty()) {
        reader.fault("an empty list never matches (remove the key to match everything)");
    }
    for (const std::string& pattern : out) {
        if (pattern.empty()) reader.fault("an empty pattern never matches (remove it)");
    }
    return out;
}

void not_a_risk_level(const YamlReader& reader, const std::string& what) {
    reader.fault(what + " is not a risk level (low, medium, high, critical)");
}

/// Without its folder: moving the documents keeps their order.
std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

/// Puts the faults that are added during its life into the order of their places.
class SortedFaults {
public:
    explicit SortedFaults(Faults& faults) : faults_(faults), first_(faults.size()) {}
    ~SortedFaults() {
        std::stable_sort(faults_.begin() + static_cast<std::ptrdiff_t>(first_), faults_.end(),
                         [](const Fault& a, const Fault& b) {
                             return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                         });
    }
    SortedFaults(const SortedFaults&) = delete;
    SortedFaults& operator=(const SortedFaults&) = delete;

private:
    Faults& faults_;
    std::size_t first_;
};

class RuleReader {
public:
    RuleReader(const YamlReader& reader, const ReadZone& read_zone)
        : reader_(reader), read_zone_(read_zone) {}

    Rule read() {
        rule_.file = reader_.file();
        rule_.line = reader_.line();
        rule_.column = reader_.column();
        if (!reader_.expect_map({"id", "description", "priority", "match", "conditions",
                                 "time_window", "rate_limit", "decision", "approval"})) {
            return std::move(rule_);
        }
        const YamlReader id = reader_.require("id");
        rule_.id = id.string();
        if (!id.absent() && rule_.id.empty()) id.fault("an empty id (give the rule a name)");
        rule_.description = reader_.get("description").string();
        rule_.priority = reader_.get("priority").integer(0);
        rule_.decision = static_cast<Outcome>(reader_.require("decision").choice(kDecisions, 1));
        read_match(reader_.get("match"));
        for (const YamlReader& entry : reader_.get("conditions").elements()) {
            rule_.conditions.push_back(read_condition(entry, 0));
        }
        read_window(reader_.get("time_window"));
        read_rate(reader_.get("rate_limit"));
        read_approval(reader_.get("approval"));
        return std::move(rule_);
    }

private:
    void read_match(const YamlReader& match) {
        if (match.absent() || match.is_null() ||
            !match.expect_map({"agents", "tokens", "roles", "services", "actions", "risk"})) {
            return;
        }
        rule_.match = {patterns(match.get("agents")),  patterns(match.get("tokens")),
                       patterns(match.get("roles")),   patterns(match.get("services")),
                       patterns(match.get("actions")), patterns(match.get("risk"))};
        for (const std::string& level : rule_.match.risk) {
            if (level.find('*') == std::string::npos && !risk_rank(level)) {
                not_a_risk_level(match.get("risk"), "\"" + level + "\"");
            }
        }
    }

    Condition read_condition(const YamlReader& reader, int depth) {
        Condition out;
        if (depth > kMaxNesting) {
            reader.fault("nested too deeply (at most 16 levels)");
            return out;
        }
        for (const auto& [key, kind] :
             {std::pair{"any", Condition::Kind::any}, std::pair{"all", Condition::Kind::all},
              std::pair{"not", Condition::Kind::negation}}) {
            const YamlReader group = reader.get(key);
            if (group.absent()) continue;
            reader.expect_map({key});
            out.kind = kind;
            if (group.is_map()) {
                out.children.push_back(read_condition(group, depth + 1));
            } else {
                for (const YamlReader& child : group.elements()) {
                    out.children.push_back(read_condition(child, depth + 1));
                }
            }
            if (out.children.empty()) group.fault("an empty group (add conditions)");
            return out;
        }
        if (!reader.expect_map({"field", "operator", "value"})) return out;
        out.field = reader.require("field").string();
        auto kind = FieldPath::Kind::args;
        if (!out.field.empty()) {
            const auto field = parse_field(out.field);
            if (field) {
                kind = field->kind;
            } else {
                reader.get("field").fault(field.error().message);
            }
        }
        out.op = static_cast<Operator>(reader.require("operator").choice(kOperators, 0));
        read_value(reader, kind, out);
        return out;
    }

    static void read_value(const YamlReader& reader, FieldPath::Kind kind, Condition& out) {
        const YamlReader value = reader.get("value");
        if (value.absent()) {
            if (out.op == Operator::exists) {
                out.value = true;
            } else {
                reader.fault("\"value\" is missing (add it)");
            }
            return;
        }
        out.value = value.to_json();
        switch (out.op) {
            case Operator::in:
            case Operator::not_in:
                if (!out.value.is_array() || out.value.get_array().empty()) {
                    value.fault("not a list of values (write [a, b])");
                    out.value = json::array{};
                }
                break;
            case Operator::exists:
                if (!out.value.is_bool()) value.fault("not a boolean (expected true or false)");
                break;
            case Operator::starts_with:
            case Operator::ends_with:
            case Operator::glob:
            case Operator::matches:
                if (!out.value.is_string()) {
                    value.fault("not a string (put it in quotes)");
                    out.value = "";
                }
                break;
            case Operator::gt:
            case Operator::gte:
            case Operator::lt:
            case Operator::lte:
                if (kind == FieldPath::Kind::risk_level) {
                    if (!out.value.is_string() || !risk_rank(out.value.get_string())) {
                        not_a_risk_level(value, to_json(out.value));
                    }
                } else if (!out.value.is_number() && !out.value.is_string()) {
                    value.fault("not a number (or a string, compared by bytes)");
                }
                break;
            default:
                break;
        }
        if (out.op == Operator::matches) {
            re2::RE2::Options options;
            options.set_log_errors(false);
            auto pattern = std::make_shared<re2::RE2>(std::string(out.value.get_string()), options);
            if (!pattern->ok()) {
                value.fault("not a regular expression: " + pattern->error() +
                            " (RE2 syntax: no look-around, no back-references)");
            }
            out.pattern = std::move(pattern);
        }
    }

    static std::chrono::minutes clock_time(const YamlReader& reader,
                                           std::chrono::minutes fallback) {
        if (reader.absent()) return fallback;
        const std::string text = reader.string();
        int hour = -1;
        int minute = -1;
        const bool shaped = text.size() == 5 && text[2] == ':';
        if (shaped) {
            const auto digits = [&](std::size_t at, int& out) {
                const auto [end, error] =
                    std::from_chars(text.data() + at, text.data() + at + 2, out);
                return error == std::errc{} && end == text.data() + at + 2 && text[at] != '-';
            };
            if (!digits(0, hour) || !digits(3, minute)) hour = -1;
        }
        const bool midnight = hour == 24 && minute == 0;
        if (!shaped || hour < 0 || minute < 0 || minute > 59 || (hour > 23 && !midnight)) {
            reader.fault("\"" + text + "\" is not a time of day (like \"09:30\", in quotes)");
            return fallback;
        }
        return std::chrono::hours{hour} + std::chrono::minutes{minute};
    }

    void read_window(const YamlReader& reader) {
        if (reader.absent() || !reader.expect_map({"after", "before", "timezone", "weekdays"})) {
            return;
        }
        TimeWindow window;
        window.after = clock_time(reader.get("after"), std::chrono::minutes{0});
        window.before = clock_time(reader.get("before"), std::chrono::hours{24});
        if (window.after == std::chrono::hours{24}) {
            reader.get("after").fault("the window begins at 24:00 (write \"00:00\")");
        }
        if (window.after == window.before) {
            reader.fault("\"after\" and \"before\" are equal: the window would be empty");
        }
        window.zone_name = reader.get("timezone").string("UTC");
        const auto bytes =
            is_zone_name(window.zone_name) ? read_zone_(window.zone_name) : std::nullopt;
        auto zone = bytes
                        ? TimeZone::parse(*bytes)
                        : Result<std::shared_ptr<const TimeZone>>(make_error(Errc::not_found, ""));
        if (zone) {
            window.zone = std::move(*zone);
        } else {
            const YamlReader place = reader.get("timezone");
            (place.absent() ? reader : place)
                .fault("\"" + window.zone_name +
                       "\" is not a time zone of this system (like Europe/Paris; is tzdata "
                       "installed?)");
        }
        if (const YamlReader days = reader.get("weekdays"); !days.absent()) {
            window.weekdays = 0;
            for (const YamlReader& day : days.elements()) {
                window.weekdays |= 1U << day.choice(kWeekdays, 0);
            }
            if (window.weekdays == 0) days.fault("no weekday at all (like [mon, tue])");
        }
        rule_.window = std::move(window);
    }

    void read_rate(const YamlReader& reader) {
        if (reader.absent() || !reader.expect_map({"max_requests", "window_sec", "scope"})) return;
        RateLimit rate;
        rate.max_requests =
            static_cast<std::uint32_t>(reader.require("max_requests").integer(1, 1, kMaxRequests));
        rate.window =
            std::chrono::seconds(reader.require("window_sec").integer(60, 1, kMaxWindowSeconds));
        rate.scope = static_cast<Scope>(reader.get("scope").choice(kScopes, 0));
        rule_.rate = rate;
    }

    void read_approval(const YamlReader& reader) {
        if (reader.absent()) return;
        if (rule_.decision != Outcome::require_approval) {
            reader.fault("only used with decision: require_approval (remove it)");
        }
        if (!reader.expect_map({"required", "expires", "channels", "approvers", "proof"})) return;
        if (const YamlReader required = reader.get("required"); !required.absent()) {
            rule_.approval.required = static_cast<int>(required.integer(1, 1, 10));
        }
        if (const YamlReader expires = reader.get("expires"); !expires.absent()) {
            rule_.approval.expires = parse_duration(expires.string());
            if (!rule_.approval.expires || rule_.approval.expires->count() <= 0) {
                expires.fault("not a duration (write it like 15m)");
            }
        }
        rule_.approval.channels = reader.get("channels").strings();
        rule_.approval.approvers = patterns(reader.get("approvers"));
        if (const YamlReader proof = reader.get("proof"); !proof.absent()) {
            constexpr std::array<std::string_view, 2> proofs{"any", "token"};
            rule_.approval.token_proof = proof.choice(proofs, 0) == 1;
        }
    }

    const YamlReader& reader_;
    const ReadZone& read_zone_;
    Rule rule_;
};

}  // namespace

std::string_view name(Outcome outcome) noexcept {
    return kDecisions[static_cast<std::size_t>(outcome)];
}
std::string_view name(Operator op) noexcept {
    return kOperators[static_cast<std::size_t>(op)];
}
std::string_view name(Scope scope) noexcept {
    return kScopes[static_cast<std::size_t>(scope)];
}

PolicySet::PolicySet() = default;

std::shared_ptr<const PolicySet> PolicySet::load(std::span<const PolicyFile> files,
                                                 const ReadZone& read_zone, Faults& faults) {
    const std::size_t before = faults.size();
    std::shared_ptr<PolicySet> set(new PolicySet);
    std::vector<std::pair<Rule, std::string>> rules;
    std::map<std::string, std::string> ids;
    for (const PolicyFile& file : files) {
        const SortedFaults sorted(faults);
        const auto document = parse_yaml(file.path, file.text, faults);
        if (!document) continue;
        const YamlReader root(*document, file.path, faults);
        if (root.is_null() || !root.expect_map({"version", "description", "rules"})) {
            if (root.is_null()) root.fault("an empty document (add version and rules)");
            continue;
        }
        const YamlReader version = root.require("version");
        const std::string number = version.string("1");
        if (number != "1" && !number.starts_with("1.")) {
            version.fault("version " + number + " is not known (1.0.0)");
        }
        for (const YamlReader& entry : root.require("rules").elements()) {
            Rule rule = RuleReader(entry, read_zone).read();
            const std::string place = file.path + ":" + std::to_string(rule.line);
            if (const auto [at, added] = ids.try_emplace(rule.id, place);
                !added && !rule.id.empty()) {
                entry.fault("a second rule with id \"" + rule.id + "\" (the first is at " +
                            at->second + ")");
            }
            rules.emplace_back(std::move(rule), to_canonical_json(entry.to_json()));
        }
    }
    if (faults.size() != before) return nullptr;
    std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) {
        if (a.first.priority != b.first.priority) return a.first.priority < b.first.priority;
        if (const int order = file_name(a.first.file).compare(file_name(b.first.file));
            order != 0) {
            return order < 0;
        }
        return a.first.file < b.first.file;
    });
    std::string canonical;
    for (auto& [rule, text] : rules) {
        canonical += text + "\n";
        set->rules_.push_back(std::move(rule));
    }
    set->digest_ = sha256_hex(canonical);
    set->compiled_ = std::make_shared<const Compiled>(set->rules_);
    return set;
}

}  // namespace kimbap::policy
