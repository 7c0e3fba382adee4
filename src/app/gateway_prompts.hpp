#pragma once

#include "app/gateway.hpp"
#include "mcp/providers.hpp"

namespace kimbap::app {

/// Recipes of the manifests as MCP prompts, to callers who may use anything of their service.
class GatewayPrompts final : public mcp::PromptProvider {
public:
    /// `gateway` outlives the provider.
    explicit GatewayPrompts(Gateway& gateway) : gateway_(gateway) {}
    Task<mcp::PageOutcome> list(mcp::RequestContext& context, mcp::ListRequest request) override;
    /// Errors: unknown_prompt(); invalid_params() for an argument that is missing or none of its
    /// choices.
    Task<mcp::PromptOutcome> get(mcp::RequestContext& context, mcp::PromptGet request) override;

private:
    Gateway& gateway_;
};

/// "service: recipe" as a prompt's name: lower-case words joined by hyphens.
[[nodiscard]] std::string prompt_name(const manifests::Service& service,
                                      const manifests::Recipe& recipe);

/// A recipe that the caller may see; null members where there is none of this name.
struct FoundRecipe {
    const manifests::Service* service = nullptr;
    const manifests::Recipe* recipe = nullptr;
};
[[nodiscard]] FoundRecipe find_recipe(const pipeline::Rules& rules, const pipeline::Caller& caller,
                                      std::string_view prompt);

/// A recipe with its arguments filled in; braces that name none are text.
[[nodiscard]] std::string recipe_text(const manifests::Service& service,
                                      const manifests::Recipe& recipe,
                                      const boost::json::object& arguments = {});

}  // namespace kimbap::app
