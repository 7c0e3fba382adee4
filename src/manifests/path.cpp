#include "manifests/path.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cstdint>

namespace kimbap::manifests {

namespace {

namespace json = boost::json;

/// Takes "[i]" off the path; negative indices count from the end.
const json::value* step_index(const json::value& value, std::string_view& path) {
    const std::size_t close = path.find(']');
    const auto* array = value.if_array();
    if (close == std::string_view::npos || array == nullptr) return nullptr;
    std::int64_t index = 0;
    const auto [end, error] = std::from_chars(path.data() + 1, path.data() + close, index);
    if (error != std::errc{} || end != path.data() + close) return nullptr;
    path.remove_prefix(close + 1);
    const auto size = static_cast<std::int64_t>(array->size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return nullptr;
    return &(*array)[static_cast<std::size_t>(index)];
}

}  // namespace

const boost::json::value* at_path(const boost::json::value& root, std::string_view path) {
    if (path.starts_with("$.")) path.remove_prefix(2);
    if (path == "$") path = {};
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

}  // namespace kimbap::manifests
