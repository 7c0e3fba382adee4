#pragma once

#include <boost/json/object.hpp>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace kimbap {

/// A JSON object as its compact text, for those that are only written: a tree of values costs
/// several times what its text does.
///
///     JsonObjectText{}.add("status", "succeeded").add("attempts", 1)
class JsonObjectText {
public:
    JsonObjectText() = default;
    // A record's members are given as either.
    JsonObjectText(const boost::json::object& object);  // NOLINT(google-explicit-constructor)

    /// Adds a member; its key is not there yet, and needs no escaping.
    JsonObjectText& add(std::string_view key, std::string_view text);
    JsonObjectText& add(std::string_view key, const char* text) {
        return add(key, std::string_view(text));
    }
    JsonObjectText& add(std::string_view key, double number);
    template <std::integral Integer>
    JsonObjectText& add(std::string_view key, Integer number) {
        return add_integer(key, static_cast<std::int64_t>(number));
    }

    [[nodiscard]] bool empty() const noexcept { return members_.empty(); }
    /// `"a":1,"b":"c"`: without the braces.
    [[nodiscard]] std::string_view members() const noexcept { return members_; }

private:
    JsonObjectText& add_integer(std::string_view key, std::int64_t number);
    void begin(std::string_view key);

    std::string members_;
};

/// Appends the object, braces included.
void append_json(std::string& out, const JsonObjectText& object);

}  // namespace kimbap
