#include "operator_api/body_fields.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "operator_api/problem.hpp"

namespace kimbap::operator_api {

namespace json = boost::json;

namespace {

std::string quoted(std::string_view key) {
    return "\"" + std::string(key.substr(0, 64)) + "\"";
}

}  // namespace

const json::value* BodyFields::find(std::string_view key) {
    known_.push_back(key);
    return body_.if_contains(key);
}

void BodyFields::fault(std::string text) {
    faults_.push_back(std::move(text));
}

std::string BodyFields::text(std::string_view key) {
    const json::value* value = find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) {
        fault(quoted(key) + " must be a string");
        return {};
    }
    return std::string(value->get_string());
}

std::vector<std::string> BodyFields::texts(std::string_view key) {
    std::vector<std::string> out;
    const json::value* value = find(key);
    if (value == nullptr) return out;
    const auto is_text = [](const json::value& element) { return element.is_string(); };
    if (!value->is_array() ||
        !std::all_of(value->get_array().begin(), value->get_array().end(), is_text)) {
        fault(quoted(key) + " must be an array of strings");
        return out;
    }
    for (const json::value& element : value->get_array()) out.emplace_back(element.get_string());
    return out;
}

json::object BodyFields::object(std::string_view key) {
    const json::value* value = find(key);
    if (value == nullptr) return {};
    if (!value->is_object()) {
        fault(quoted(key) + " must be an object");
        return {};
    }
    return value->get_object();
}

std::optional<net::HttpResponse> BodyFields::refusal() const {
    std::vector<std::string> faults = faults_;
    for (const auto& member : body_) {
        const std::string_view key = member.key();
        if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
        faults.push_back("unknown member " + quoted(key) + suggestion(key, known_));
    }
    if (faults.empty()) return std::nullopt;
    return problem(400, join(faults, "; "));
}

}  // namespace kimbap::operator_api
