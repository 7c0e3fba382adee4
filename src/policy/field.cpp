#include "policy/field.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace kimbap::policy {

namespace {

using Kind = FieldPath::Kind;
using Step = FieldPath::Step;

struct Named {
    std::string_view name;
    Kind kind;
};
constexpr std::array<Named, 8> kNamed{{{"agent", Kind::agent},
                                       {"token", Kind::token},
                                       {"roles", Kind::roles},
                                       {"service", Kind::service},
                                       {"action", Kind::action},
                                       {"risk.level", Kind::risk_level},
                                       {"risk.mutating", Kind::risk_mutating},
                                       {"client.name", Kind::client_name}}};
/// Deeper than any document that kimbap reads.
constexpr std::size_t kMaxSteps = 64;

Error malformed(std::string_view text, const char* what) {
    return make_error(Errc::invalid_argument,
                      "\"" + std::string(text) + "\" " + what +
                          " (write args.<name>, with .<name>, [0] or [*] for what is inside)");
}

bool take_step(std::string_view& rest, Step& step) {
    if (rest.front() == '.') {
        rest.remove_prefix(1);
        const std::size_t end = std::min(rest.find_first_of(".["), rest.size());
        const std::string_view name = rest.substr(0, end);
        step.names.emplace_back(name);
        rest.remove_prefix(end);
        return !name.empty() && name.find(']') == std::string_view::npos;
    }
    const std::size_t close = rest.find(']');
    if (rest.front() != '[' || close == std::string_view::npos) return false;
    const std::string_view inside = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (inside == "*") {
        step.kind = Step::Kind::any;
        return true;
    }
    step.kind = Step::Kind::index;
    const char* const last = inside.data() + inside.size();
    const auto [end, error] = std::from_chars(inside.data(), last, step.index);
    return error == std::errc{} && end == last && !inside.empty();
}

/// `a.b.c` may be the member `a.b.c` of one object.
void join_members(std::vector<Step>& steps) {
    for (std::size_t first = 0; first < steps.size(); ++first) {
        if (steps[first].kind != Step::Kind::member) continue;
        auto& names = steps[first].names;
        for (std::size_t next = first + 1;
             next < steps.size() && steps[next].kind == Step::Kind::member; ++next) {
            names.push_back(names.back() + "." + steps[next].names.front());
        }
    }
}

}  // namespace

Result<FieldPath> parse_field(std::string_view text) {
    FieldPath out;
    for (const Named& named : kNamed) {
        if (text == named.name) {
            out.kind = named.kind;
            return out;
        }
    }
    if (!text.starts_with("args.")) {
        std::array<std::string_view, kNamed.size()> names;
        std::transform(kNamed.begin(), kNamed.end(), names.begin(),
                       [](const Named& named) { return named.name; });
        return make_error(
            Errc::invalid_argument,
            "\"" + std::string(text) + "\" is not a field" +
                suggestion(text, names,
                           "args.<path>, agent, token, roles, service, action, risk.level, "
                           "risk.mutating or client.name"));
    }
    std::string_view rest = text.substr(4);
    while (!rest.empty()) {
        Step step;
        if (!take_step(rest, step)) return malformed(text, "is not a path");
        out.steps.push_back(std::move(step));
        if (out.steps.size() > kMaxSteps) return malformed(text, "is too deep");
    }
    join_members(out.steps);
    return out;
}

}  // namespace kimbap::policy
