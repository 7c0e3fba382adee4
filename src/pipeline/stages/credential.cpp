#include "pipeline/stages/stages.hpp"
#include "vault/vault.hpp"

namespace kimbap::pipeline::stages {

Task<bool> credential(Call& call, Services& services) {
    const manifests::Auth& auth = call.action->action->auth;
    if (auth.type == manifests::AuthType::none) co_return true;
    if (auth.type == manifests::AuthType::oauth2 && auth.credential_ref.empty()) {
        co_return call.end(
            Disposition::unavailable,
            "The service " + call.action->service->name +
                " needs an OAuth connection, which this version of kimbap can't make: "
                "tell an operator.");
    }
    std::optional<Result<Secret>> opened = services.vault.try_open(auth.credential_ref);
    if (!opened) {
        auto opening = services.vault.open(auth.credential_ref, services.workers);
        opened.emplace(co_await std::move(opening));
    }
    if (!*opened) {
        co_return call.end(Disposition::unavailable,
                           "The credential for " + call.action->service->name +
                               " can't be used: " + opened->error().message);
    }
    call.credential = std::move(**opened);
    call.scrubber.add(call.credential.reveal());
    if (auth.type == manifests::AuthType::basic) {
        const std::string_view pair = call.credential.reveal();
        const std::size_t colon = pair.find(':');
        if (colon != std::string_view::npos) call.scrubber.add(pair.substr(colon + 1));
    }
    const Result<void> applied =
        manifests::apply_credential(call.rendered, auth, call.credential.reveal());
    if (!applied) co_return call.end(Disposition::unavailable, applied.error().message);
    co_return true;
}

}  // namespace kimbap::pipeline::stages
