#pragma once

#include "app/gateway.hpp"
#include "mcp/providers.hpp"

namespace kimbap::app {

/// Recipes of the manifests as MCP prompts, to callers who may use anything of their service. What
/// a recipe gives along is read as the caller could read it.
class GatewayPrompts final : public mcp::PromptProvider {
public:
    /// Both outlive the provider.
    GatewayPrompts(Gateway& gateway, mcp::ResourceProvider& resources)
        : gateway_(gateway), resources_(resources) {}
    Task<mcp::PageOutcome> list(mcp::RequestContext& context, mcp::ListRequest request) override;
    /// Errors: unknown_prompt(); invalid_params() for an argument that is missing or none of its
    /// choices; what reading a resource fails with.
    Task<mcp::PromptOutcome> get(mcp::RequestContext& context, mcp::PromptGet request) override;

private:
    Task<std::optional<mcp::ProtocolError>> attach(mcp::RequestContext& context, std::string uri,
                                                   mcp::PromptResult& result);

    Gateway& gateway_;
    mcp::ResourceProvider& resources_;
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

/// The URI of what a recipe gives along: an argument is percent-encoded, unless it is the whole
/// URI; nullopt where one was not given.
[[nodiscard]] std::optional<std::string> resource_uri(std::string_view uri,
                                                      const boost::json::object& arguments);

/// What a resource's contents are in a prompt: a picture, a sound, or the resource itself.
[[nodiscard]] mcp::Content prompt_content(mcp::ResourceContents contents);

/// A recipe with its arguments filled in; braces that name none are text.
[[nodiscard]] std::string recipe_text(const manifests::Service& service,
                                      const manifests::Recipe& recipe,
                                      const boost::json::object& arguments = {});

}  // namespace kimbap::app
