#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "base/yaml_reader.hpp"
#include "manifests/manifest.hpp"
#include "manifests/schema.hpp"
#include "manifests/uri_template.hpp"

namespace kimbap::manifests {

/// The longest tool name that every model API takes, of [A-Za-z0-9_-].
inline constexpr std::size_t kMaxToolName = 64;

/// An action with what is derived from it once.
struct RegisteredAction {
    const Service* service = nullptr;
    const Action* action = nullptr;
    std::string id;                      ///< service.action
    std::string tool_name;               ///< Offered: service_action, shortened where too long.
    Schema schema;                       ///< Of the arguments.
    std::string tool_json;               ///< The tool's definition (MCP schema: Tool), one line.
    std::string output_schema;           ///< Of the results, JSON text; "" for none.
    std::string object_output_schema;    ///< The same where results must be objects.
    std::optional<UriTemplate> uri;      ///< Of the resource that it is read as, where it is one.
    std::string resource_json;           ///< Its definition (Resource or ResourceTemplate).
    std::vector<std::string> sensitive;  ///< Arguments that are never shown or recorded.
    /// Arguments whose names have dots, and can't be read as a path into another argument.
    std::vector<std::string> dotted_args;
};

/// What a resource's URI asks for: an action, and its arguments (not validated).
struct ResourceMatch {
    const RegisteredAction* action = nullptr;
    json::object arguments;
};

/// All actions, immutable: a reload makes a new one. Thread-safe.
class ActionRegistry {
public:
    /// Errors: invalid_config, every fault a line (names that collide, schemas that can't be used).
    static Result<std::shared_ptr<const ActionRegistry>> create(std::vector<Service> services);

    /// By offered name, service_action, service.action, or with an alias in either place; null
    /// where unknown.
    [[nodiscard]] const RegisteredAction* find(std::string_view name) const;
    /// The actions that read `uri` (untrusted), those of no variables first.
    [[nodiscard]] std::vector<ResourceMatch> resources_at(std::string_view uri) const;
    /// Sorted by tool name.
    [[nodiscard]] const std::vector<RegisteredAction>& actions() const { return actions_; }
    [[nodiscard]] const std::vector<Service>& services() const { return services_; }
    [[nodiscard]] const Service* service(std::string_view name) const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    void index(Faults& faults);
    void index_resources(Faults& faults);
    void add_name(std::string name, std::size_t at, bool alias, Faults& faults);

    std::vector<Service> services_;
    std::vector<RegisteredAction> actions_;
    std::vector<std::size_t> resources_;
    std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> by_name_;
};

/// `name` itself where it fits, else cut, with a suffix that depends on the whole name alone.
[[nodiscard]] std::string offered_name(std::string_view name);

}  // namespace kimbap::manifests
