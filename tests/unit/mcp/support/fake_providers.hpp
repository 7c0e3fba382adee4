#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mcp/providers.hpp"
#include "mcp/wakeup.hpp"

namespace kimbap::mcp::test {

/// Tools whose names say what they do.
class FakeTools final : public ToolProvider {
public:
    FakeTools();
    Task<PageOutcome> list(RequestContext& context, ListRequest request) override;
    Task<ToolOutcome> call(RequestContext& context, ToolCall call) override;
    std::shared_ptr<const HeaderParams> header_params(const RequestContext&,
                                                      std::string_view tool) override;

    /// Lets one "wait" call, present or future, end.
    void release();
    int calls = 0;
    int cancelled = 0;
    std::string last_principal;

private:
    std::shared_ptr<const ItemList> list_;
    std::shared_ptr<const HeaderParams> region_;
    std::shared_ptr<Wakeup> waiting_;
    bool released_ = false;
};

class FakePrompts final : public PromptProvider {
public:
    Task<PageOutcome> list(RequestContext& context, ListRequest request) override;
    Task<PromptOutcome> get(RequestContext& context, PromptGet request) override;
};

class FakeResources final : public ResourceProvider {
public:
    Task<PageOutcome> list(RequestContext& context, ListRequest request) override;
    Task<PageOutcome> list_templates(RequestContext& context, ListRequest request) override;
    Task<ReadOutcome> read(RequestContext& context, ResourceRead request) override;
    Task<std::optional<ProtocolError>> subscribe(RequestContext& context, std::string uri) override;
};

class FakeCompletions final : public CompletionProvider {
public:
    Task<CompletionOutcome> complete(RequestContext& context, CompletionRequest request) override;
};

}  // namespace kimbap::mcp::test
