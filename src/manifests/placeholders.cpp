#include "manifests/placeholders.hpp"

#include <algorithm>

namespace kimbap::manifests {

namespace {

bool name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/// Calls `text_part` and `placeholder` for the pieces of a template in order.
template <class Text, class Placeholder>
void walk(std::string_view text, Text text_part, Placeholder placeholder) {
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
        if (close == std::string_view::npos) return text_part(text);
        const std::string_view name = text.substr(open + 1, close - open - 1);
        if (name.empty() || !std::all_of(name.begin(), name.end(), name_char)) {
            text_part(text.substr(0, open + 1));
            text.remove_prefix(open + 1);
            continue;
        }
        text_part(text.substr(0, open));
        placeholder(name);
        text.remove_prefix(close + 1);
    }
}

}  // namespace

std::vector<std::string> placeholders(std::string_view text) {
    std::vector<std::string> names;
    walk(
        text, [](std::string_view) {}, [&](std::string_view name) { names.emplace_back(name); });
    return names;
}

std::string_view sole_placeholder(std::string_view text) {
    if (text.size() < 3 || text.front() != '{' || text.back() != '}') return {};
    const std::string_view name = text.substr(1, text.size() - 2);
    return std::all_of(name.begin(), name.end(), name_char) ? name : std::string_view{};
}

std::string substitute(std::string_view text,
                       const std::function<std::string(std::string_view)>& value) {
    std::string out;
    walk(
        text, [&](std::string_view part) { out += part; },
        [&](std::string_view name) { out += value(name); });
    return out;
}

}  // namespace kimbap::manifests
