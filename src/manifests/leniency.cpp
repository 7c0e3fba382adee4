#include "manifests/leniency.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 3> kYes{"y", "yes", "on"};
constexpr std::array<std::string_view, 3> kNo{"n", "no", "off"};

bool is_one_of(std::span<const std::string_view> words, std::string_view text) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return iequals(word, text); });
}

}  // namespace

void warn(const YamlReader& where, Faults& warnings, const std::string& message) {
    warnings.push_back({where.file(), where.line(), where.column(), where.path() + ": " + message});
}

std::size_t read_word(const YamlReader& reader, std::span<const std::string_view> allowed,
                      std::size_t fallback) {
    if (reader.is_scalar()) {
        const std::string text = reader.string();
        const auto found = std::find_if(allowed.begin(), allowed.end(), [&](std::string_view word) {
            return iequals(word, trim(text));
        });
        if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
    }
    return reader.choice(allowed, fallback);
}

bool read_flag(const YamlReader& reader, bool fallback) {
    if (reader.is_scalar()) {
        const std::string text = reader.string();
        if (is_one_of(kYes, text)) return true;
        if (is_one_of(kNo, text)) return false;
    }
    return reader.boolean(fallback);
}

std::int64_t read_bounded(const YamlReader& reader, std::int64_t fallback, std::int64_t minimum,
                          std::int64_t maximum, Faults& warnings) {
    const std::int64_t number = reader.integer(fallback, minimum);
    if (number <= maximum) return number;
    warn(reader, warnings,
         std::to_string(number) + " is more than kimbap does (" + std::to_string(maximum) +
             " hold)");
    return maximum;
}

std::vector<YamlReader> one_or_more(const YamlReader& reader) {
    if (reader.is_scalar()) return {reader};
    return reader.elements();
}

}  // namespace kimbap::manifests
