#include "mcp/methods/method.hpp"

#include <array>
#include <utility>

namespace kimbap::mcp {

std::optional<Method> parse_method(std::string_view name) noexcept {
    // By frequency: a short scan beats hashing here.
    static constexpr std::array<std::pair<std::string_view, Method>, 11> kMethods = {{
        {"tools/call", Method::tools_call},
        {"tools/list", Method::tools_list},
        {"resources/read", Method::resources_read},
        {"resources/list", Method::resources_list},
        {"resources/templates/list", Method::resources_templates_list},
        {"prompts/get", Method::prompts_get},
        {"prompts/list", Method::prompts_list},
        {"completion/complete", Method::completion_complete},
        {"tasks/get", Method::tasks_get},
        {"tasks/update", Method::tasks_update},
        {"tasks/cancel", Method::tasks_cancel},
    }};
    for (const auto& [text, method] : kMethods) {
        if (text == name) return method;
    }
    return std::nullopt;
}

}  // namespace kimbap::mcp
