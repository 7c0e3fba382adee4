#include "manifests/manifest.hpp"

#include "base/text.hpp"

namespace kimbap::manifests {

std::string_view name(AuthType type) noexcept {
    switch (type) {
        case AuthType::none:
            return "none";
        case AuthType::bearer:
            return "bearer";
        case AuthType::basic:
            return "basic";
        case AuthType::header:
            return "header";
        case AuthType::query:
            return "query";
        case AuthType::body:
            return "body";
        case AuthType::oauth2:
            return "oauth2";
    }
    return "none";
}

std::string_view name(RiskLevel level) noexcept {
    switch (level) {
        case RiskLevel::low:
            return "low";
        case RiskLevel::medium:
            return "medium";
        case RiskLevel::high:
            return "high";
        case RiskLevel::critical:
            return "critical";
    }
    return "critical";
}

std::string Recipe::slug() const {
    std::string out;
    for (const char c : to_lower(name)) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
            out += c;
        } else if (!out.empty() && out.back() != '-' && out.back() != '_') {
            out += '-';
        }
    }
    while (out.ends_with('-')) out.pop_back();
    return out;
}

std::vector<std::string> Action::sensitive_args() const {
    std::vector<std::string> out;
    for (const Arg& arg : args) {
        const json::value* marked = arg.schema.if_contains("sensitive");
        if (arg.sensitive || (marked != nullptr && *marked == true)) out.push_back(arg.name);
    }
    return out;
}

}  // namespace kimbap::manifests
