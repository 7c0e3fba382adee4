#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>

#include "base/json_fault.hpp"
#include "base/json_text.hpp"

namespace kimbap {

namespace {

/// Builds a value as boost::json::parser does, but takes fractions from their text: its own
/// conversion is not exact, and makes infinity of what is too large, which would be passed on as
/// null.
struct Builder {
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    /// Temporary values stand in `buffer` first, as long as they fit.
    Builder(unsigned char* buffer, std::size_t size) : stack({}, buffer, size) {}

    json::value_stack stack;

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return true; }
    bool on_object_end(std::size_t size, json::error_code&) {
        stack.push_object(size);
        return true;
    }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t size, json::error_code&) {
        stack.push_array(size);
        return true;
    }
    bool on_key_part(json::string_view text, std::size_t, json::error_code&) {
        stack.push_chars(text);
        return true;
    }
    bool on_key(json::string_view text, std::size_t, json::error_code&) {
        stack.push_key(text);
        return true;
    }
    bool on_string_part(json::string_view text, std::size_t, json::error_code&) {
        stack.push_chars(text);
        return true;
    }
    bool on_string(json::string_view text, std::size_t, json::error_code&) {
        stack.push_string(text);
        return true;
    }
    /// Never called: parts come only where a text is fed in pieces.
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
        stack.push_int64(value);
        return true;
    }
    bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
        stack.push_uint64(value);
        return true;
    }
    bool on_double(double near, json::string_view text, json::error_code& error) {
        const double value = exact_double(near, text);
        if (!std::isfinite(value)) {
            error = json::error::exponent_overflow;
            return false;
        }
        stack.push_double(value);
        return true;
    }
    bool on_bool(bool value, json::error_code&) {
        stack.push_bool(value);
        return true;
    }
    bool on_null(json::error_code&) {
        stack.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

}  // namespace

Result<json::value> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = kMaxJsonDepth;
    // Most messages fit in here.
    std::array<unsigned char, 4096>
        buffer;  // not zeroed: that would cost as much as the allocation
    json::basic_parser<Builder> parser(options, buffer.data(), buffer.size());
    parser.handler().stack.reset();
    json::error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (error) return json_fault(error, read);
    const Result<void> whole = nothing_behind(text, read);
    if (!whole) return whole.error();
    return parser.handler().stack.release();
}

}  // namespace kimbap
