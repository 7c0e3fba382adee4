#include "base/json_object_text.hpp"

#include "base/json_text.hpp"

namespace kimbap {

JsonObjectText::JsonObjectText(const boost::json::object& object) {
    append_json(members_, object);
    members_.erase(0, 1);
    members_.pop_back();
}

void JsonObjectText::begin(std::string_view key) {
    if (members_.capacity() < 64) members_.reserve(128);
    members_ += members_.empty() ? "\"" : ",\"";
    members_.append(key).append("\":");
}

JsonObjectText& JsonObjectText::add(std::string_view key, std::string_view text) {
    begin(key);
    append_json_string(members_, text);
    return *this;
}

JsonObjectText& JsonObjectText::add(std::string_view key, double number) {
    begin(key);
    append_number(members_, number);
    return *this;
}

JsonObjectText& JsonObjectText::add_integer(std::string_view key, std::int64_t number) {
    begin(key);
    append_number(members_, number);
    return *this;
}

void append_json(std::string& out, const JsonObjectText& object) {
    out += '{';
    out += object.members();
    out += '}';
}

}  // namespace kimbap
