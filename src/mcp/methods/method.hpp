#pragma once

#include <optional>
#include <string_view>

namespace kimbap::mcp {

/// The methods that mean the same in every era: what the dispatcher serves.
enum class Method {
    tools_list,
    tools_call,
    prompts_list,
    prompts_get,
    resources_list,
    resources_templates_list,
    resources_read,
    completion_complete,
    tasks_get,
    tasks_update,
    tasks_cancel,
};

[[nodiscard]] std::optional<Method> parse_method(std::string_view name) noexcept;

/// Whether the method is one of the tasks extension, which only the modern era has in this form.
[[nodiscard]] constexpr bool is_task_method(Method method) noexcept {
    return method >= Method::tasks_get;
}

}  // namespace kimbap::mcp
