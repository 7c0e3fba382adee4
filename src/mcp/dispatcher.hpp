#pragma once

#include <boost/json/object.hpp>

#include "async/task.hpp"
#include "mcp/context.hpp"
#include "mcp/methods/method.hpp"
#include "mcp/options.hpp"
#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"

namespace kimbap::mcp {

/// Reads a request's parameters, asks the provider that serves its method, and holds the answer to
/// what the client can take. Knows no era. Stateless; any thread.
class Dispatcher {
public:
    /// Both outlive the dispatcher.
    Dispatcher(const ServerOptions& options, const Providers& providers)
        : options_(options), providers_(providers) {}

    /// Whether a provider for the method is there.
    [[nodiscard]] bool offers(Method method) const noexcept;

    /// `params` without _meta. Never throws: a provider's exception is logged and answered as an
    /// internal error. InputRequired comes only from tools/call, prompts/get and resources/read,
    /// and asks nothing that the client did not declare.
    Task<Outcome> dispatch(Method method, json::object params, RequestContext& context) const;

private:
    Task<Outcome> route(Method method, json::object& params, RequestContext& context) const;

    const ServerOptions& options_;
    const Providers& providers_;
};

}  // namespace kimbap::mcp
