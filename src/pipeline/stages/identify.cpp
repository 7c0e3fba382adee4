#include "identity/token_registry.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline::stages {

Task<bool> identify(Call& call, Services& services) {
    const auto& identity = call.request.caller.identity;
    if (!identity) co_return true;  // a local caller, named by the configuration
    bool valid = false;
    if (const auto known = services.tokens.try_still_valid(*identity)) {
        valid = *known;
    } else {
        valid = co_await services.tokens.still_valid(identity, services.workers);
    }
    if (valid) co_return true;
    co_return call.end(
        Disposition::denied,
        "The bearer token was revoked or has expired: ask an operator for a new one.");
}

}  // namespace kimbap::pipeline::stages
