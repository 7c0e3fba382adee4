#include "manifests/path.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cstdint>

namespace kimbap::manifests {

namespace {

namespace json = boost::json;

std::optional<std::int64_t> index_of(std::string_view text) {
    std::int64_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return index;
}

/// Takes "[i]" off the path.
const json::value* step_index(const json::value& value, std::string_view& path) {
    const std::size_t close = path.find(']');
    const auto* array = value.if_array();
    if (close == std::string_view::npos || array == nullptr) return nullptr;
    const auto at = element_at(path.substr(1, close - 1), array->size());
    if (!at) return nullptr;
    path.remove_prefix(close + 1);
    return &(*array)[*at];
}

}  // namespace

std::string_view without_root(std::string_view path) {
    if (path.starts_with("$.")) return path.substr(2);
    return path == "$" || path.starts_with("$[") ? path.substr(1) : path;
}

const boost::json::value* at_path(const boost::json::value& root, std::string_view path) {
    path = without_root(path);
    const json::value* at = &root;
    while (at != nullptr && !path.empty()) {
        if (path.front() == '[') {
            at = step_index(*at, path);
        } else {
            const auto* object = at->if_object();
            if (object == nullptr) return nullptr;
            if (const json::value* whole = object->if_contains(path)) return whole;
            const std::size_t end = path.find_first_of(".[");
            at = object->if_contains(path.substr(0, end));
            path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
        }
        if (!path.empty() && path.front() == '.') path.remove_prefix(1);
    }
    return at;
}

std::optional<std::size_t> element_at(std::string_view index, std::size_t size) {
    auto at = index_of(index);
    if (at && *at < 0) *at += static_cast<std::int64_t>(size);
    if (!at || *at < 0 || *at >= static_cast<std::int64_t>(size)) return std::nullopt;
    return static_cast<std::size_t>(*at);
}

std::string path_fault(std::string_view path, Elements allowed) {
    path = without_root(path);
    while (!path.empty()) {
        if (path.front() == '[') {
            const std::size_t close = path.find(']');
            if (close == std::string_view::npos) return "a [ without its ]";
            const std::string_view inside = path.substr(1, close - 1);
            const bool all = allowed == Elements::one_or_all && inside == "*";
            if (!all && !index_of(inside)) {
                return std::string(path.substr(0, close + 1)) + " is not the number of an element";
            }
            path.remove_prefix(close + 1);
        } else {
            const std::size_t end = path.find_first_of(".[");
            if (end == 0) return "a step without a name";
            path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
        }
        if (!path.empty() && path.front() == '.') path.remove_prefix(1);
    }
    return "";
}

}  // namespace kimbap::manifests
