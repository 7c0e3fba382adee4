#pragma once

#include <boost/json/object.hpp>
#include <string_view>
#include <utility>
#include <variant>

#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp::methods {

/// The cursor of a list request, checked.
[[nodiscard]] inline std::variant<ListRequest, ProtocolError> read_list_request(
    const json::object& params, std::size_t page_size) {
    ListRequest request{{}, page_size};
    if (const auto* cursor = params.if_contains("cursor"); cursor && !cursor->is_null()) {
        if (!cursor->is_string()) return invalid_params("params.cursor must be a string");
        request.cursor = cursor->get_string();
    }
    return request;
}

/// Names the member that a page fills.
[[nodiscard]] inline Outcome list_outcome(std::string_view member, PageOutcome&& page) {
    if (auto* error = std::get_if<ProtocolError>(&page)) return std::move(*error);
    return ListOutcome{member, std::move(std::get<Page>(page))};
}

}  // namespace kimbap::mcp::methods
