#include "identity/token_registry.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline::stages {

Task<bool> identify(Call& call, Services& services) {
    const auto& identity = call.request.caller.identity;
    if (!identity) co_return true;  // a local caller, named by the configuration
    Result<bool> valid = false;
    if (const auto known = services.tokens.try_still_valid(*identity)) {
        valid = *known;
    } else {
        auto asking = services.tokens.still_valid(identity, services.workers);
        valid = co_await std::move(asking);
    }
    if (!valid) {
        co_return call.end(
            Disposition::unavailable,
            "kimbap can't check the bearer token now, try again: " + valid.error().message);
    }
    if (*valid) co_return true;
    co_return call.end(
        Disposition::denied,
        "The bearer token was revoked or has expired: ask an operator for a new one.");
}

}  // namespace kimbap::pipeline::stages
