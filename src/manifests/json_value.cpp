#include "manifests/json_value.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>

#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::size_t kMaxShown = 80;
constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

}  // namespace

bool is_number(const json::value& value) noexcept {
    return value.is_int64() || value.is_uint64() || value.is_double();
}

long double to_number(const json::value& value) noexcept {
    if (value.is_int64()) return static_cast<long double>(*value.if_int64());
    if (value.is_uint64()) return static_cast<long double>(*value.if_uint64());
    const double* real = value.if_double();
    return real == nullptr ? 0 : static_cast<long double>(*real);
}

std::string_view type_of(const json::value& value) noexcept {
    switch (value.kind()) {
        case json::kind::null:
            return "null";
        case json::kind::bool_:
            return "boolean";
        case json::kind::int64:
        case json::kind::uint64:
            return "integer";
        case json::kind::double_:
            return std::trunc(*value.if_double()) == *value.if_double() ? "integer" : "number";
        case json::kind::string:
            return "string";
        case json::kind::array:
            return "array";
        case json::kind::object:
            return "object";
    }
    return "null";
}

bool has_type(const json::value& value, std::string_view type) noexcept {
    const std::string_view actual = type_of(value);
    return actual == type || (type == "number" && actual == "integer");
}

bool fits_64_bits(const json::value& value) noexcept {
    const double* real = value.if_double();
    // -2^63 as a double may have been -2^63-1; as an integer it was none of this.
    return real == nullptr || std::trunc(*real) != *real || (*real > -kTwo63 && *real < kTwo64);
}

bool equal(const json::value& a, const json::value& b) {
    if (is_number(a) && is_number(b)) return to_number(a) == to_number(b);
    if (a.is_array() && b.is_array()) {
        const auto& x = a.get_array();
        const auto& y = b.get_array();
        return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(), equal);
    }
    if (a.is_object() && b.is_object()) {
        const auto& x = a.get_object();
        const auto& y = b.get_object();
        return x.size() == y.size() && std::all_of(x.begin(), x.end(), [&](const auto& member) {
                   const json::value* other = y.if_contains(member.key());
                   return other != nullptr && equal(member.value(), *other);
               });
    }
    return a == b;
}

json::value with_integers(json::value value) {
    if (const double* real = value.if_double()) {
        if (std::trunc(*real) != *real) return value;
        if (*real >= -kTwo63 && *real < kTwo63) return static_cast<std::int64_t>(*real);
        if (*real >= 0 && *real < kTwo64) return static_cast<std::uint64_t>(*real);
    } else if (auto* array = value.if_array()) {
        for (auto& element : *array) element = with_integers(std::move(element));
    } else if (auto* object = value.if_object()) {
        for (auto& member : *object) member.value() = with_integers(std::move(member.value()));
    }
    return value;
}

std::string shown(const json::value& value) {
    const std::string text = to_json(value);
    if (text.size() <= kMaxShown) return text;
    return std::string(whole_characters(text, kMaxShown - 3)) + "...";
}

std::string escape_pointer(std::string_view key) {
    std::string out;
    for (const char c : key) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

std::string unescape_pointer(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '~' && i + 1 < token.size()) {
            out += token[++i] == '1' ? '/' : '~';
        } else {
            out += token[i];
        }
    }
    return out;
}

}  // namespace kimbap::manifests
