#include "base/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

namespace kimbap {

namespace {

enum class Style { compact, pretty, canonical };

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;
/// Up to here whole numbers are written with all their digits, as ECMAScript does.
constexpr double kDigitsTo = 1e21;

template <class Integer>
void append_integer(std::string& out, Integer value) {
    std::array<char, 24> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    out.append(buffer.data(), end);
}

void append_double(std::string& out, double value) {
    if (!std::isfinite(value)) {  // JSON has no such number (RFC 8259 section 6).
        out += "null";
        return;
    }
    std::array<char, 40> buffer{};
    const double size = std::abs(value);
    if (size >= kTwo64 && size < kDigitsTo) {  // whole, and no integer type has room for it
        const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                       std::chars_format::fixed)
                             .ptr;
        out.append(buffer.data(), end);
        return;
    }
    auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

/// 1.0, 1e0 and 1 are one number: the same text for all of them.
void append_canonical_double(std::string& out, double value) {
    if (std::trunc(value) == value && value >= -kTwo63 && value < kTwo63) {
        append_integer(out, static_cast<std::int64_t>(value));
    } else if (std::trunc(value) == value && value >= 0 && value < kTwo64) {
        append_integer(out, static_cast<std::uint64_t>(value));
    } else {
        append_double(out, value);
    }
}

template <Style style>
class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    void write(const json::value& value) {
        switch (value.kind()) {
            case json::kind::null:
                out_ += "null";
                break;
            case json::kind::bool_:
                out_ += value.get_bool() ? "true" : "false";
                break;
            case json::kind::int64:
                append_integer(out_, value.get_int64());
                break;
            case json::kind::uint64:
                append_integer(out_, value.get_uint64());
                break;
            case json::kind::double_:
                if constexpr (style == Style::canonical) {
                    append_canonical_double(out_, value.get_double());
                } else {
                    append_double(out_, value.get_double());
                }
                break;
            case json::kind::string:
                append_json_string(out_, value.get_string());
                break;
            case json::kind::array:
                write(value.get_array());
                break;
            case json::kind::object:
                write(value.get_object());
                break;
        }
    }

    void write(const json::object& object) {
        out_ += '{';
        ++depth_;
        if constexpr (style == Style::canonical) {
            std::vector<const json::key_value_pair*> members;
            members.reserve(object.size());
            for (const auto& member : object) members.push_back(&member);
            std::sort(members.begin(), members.end(),
                      [](const auto* a, const auto* b) { return a->key() < b->key(); });
            bool first = true;
            for (const auto* member : members) write_member(*member, first);
        } else {
            bool first = true;
            for (const auto& member : object) write_member(member, first);
        }
        --depth_;
        if (!object.empty()) new_line();
        out_ += '}';
    }

private:
    void write(const json::array& array) {
        out_ += '[';
        ++depth_;
        bool first = true;
        for (const auto& element : array) {
            if (!first) out_ += ',';
            first = false;
            new_line();
            write(element);
        }
        --depth_;
        if (!array.empty()) new_line();
        out_ += ']';
    }

    void write_member(const json::key_value_pair& member, bool& first) {
        if (!first) out_ += ',';
        first = false;
        new_line();
        append_json_string(out_, member.key());
        out_ += style == Style::pretty ? ": " : ":";
        write(member.value());
    }

    void new_line() {
        if constexpr (style == Style::pretty) {
            out_ += '\n';
            out_.append(depth_ * 2, ' ');
        }
    }

    std::string& out_;
    std::size_t depth_ = 0;
};

}  // namespace

void append_json(std::string& out, const json::value& value) {
    Writer<Style::compact>(out).write(value);
}

void append_json(std::string& out, const json::object& value) {
    Writer<Style::compact>(out).write(value);
}

std::string to_json(const json::value& value) {
    std::string out;
    append_json(out, value);
    return out;
}

std::string to_pretty_json(const json::value& value) {
    std::string out;
    Writer<Style::pretty>(out).write(value);
    return out;
}

std::string to_canonical_json(const json::value& value) {
    std::string out;
    Writer<Style::canonical>(out).write(value);
    return out;
}

std::string format_number(double value) {
    std::string out;
    append_double(out, value);
    return out;
}

void append_number(std::string& out, double value) {
    append_double(out, value);
}

void append_number(std::string& out, std::int64_t value) {
    append_integer(out, value);
}

namespace {

/// The code unit of an escape `\\uXXXX` at `at`; 0 where there is none.
unsigned unit_at(std::string_view text, std::size_t at) {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0;
    unsigned unit = 0;
    const char* const end = text.data() + at + 6;
    const auto [stop, error] = std::from_chars(text.data() + at + 2, end, unit, 16);
    return error == std::errc{} && stop == end ? unit : 0;
}

bool is_high(unsigned unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low(unsigned unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

}  // namespace

std::string without_lone_surrogates(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '\\') {
            out += text[at++];
            continue;
        }
        const unsigned unit = unit_at(text, at);
        std::size_t size = unit == 0 ? 2 : 6;
        if (is_high(unit) && is_low(unit_at(text, at + 6))) {
            size = 12;
        } else if (is_high(unit) || is_low(unit)) {
            out += "\\ufffd";
            at += size;
            continue;
        }
        out += text.substr(at, size);
        at += size;
    }
    return out;
}

}  // namespace kimbap
