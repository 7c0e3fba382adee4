#include "oauth/provider.hpp"

#include <algorithm>

#include "base/glob.hpp"

namespace kimbap::oauth {

namespace {

constexpr std::size_t kMaxWord = 40;

}  // namespace

std::string_view name(Flow flow) noexcept {
    switch (flow) {
        case Flow::authorization_code:
            return "authorization_code";
        case Flow::device:
            return "device";
        case Flow::client_credentials:
            return "client_credentials";
    }
    return "";
}

bool Provider::offers(Flow flow) const noexcept {
    return std::find(flows.begin(), flows.end(), flow) != flows.end();
}

bool Provider::admits(std::string_view origin) const noexcept {
    return origins.empty() || std::any_of(origins.begin(), origins.end(), [&](const auto& allowed) {
               return glob_match(allowed, origin);
           });
}

bool is_connection_word(std::string_view text) noexcept {
    if (text.empty() || text.size() > kMaxWord || text[0] < 'a' || text[0] > 'z') return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

}  // namespace kimbap::oauth
