#include "oauth/client.hpp"

#include "async/worker_pool.hpp"
#include "base/text.hpp"
#include "vault/vault.hpp"

namespace kimbap::oauth {

Task<Result<Client>> load_client(const Provider& provider, const vault::Vault& vault,
                                 async::WorkerPool& workers) {
    Client out;
    out.id = provider.client_id;
    if (out.id.empty()) {
        auto opening = vault.open(provider.client_id_ref, workers);
        const auto id = co_await std::move(opening);
        if (!id) {
            co_return make_error(id.error().code, "kimbap's client id at " + provider.name + ": " +
                                                      id.error().message);
        }
        out.id = trim(id->reveal());
    }
    if (provider.authentication == ClientAuthentication::none) co_return out;
    auto opening = vault.open(provider.client_secret_ref, workers);
    auto secret = co_await std::move(opening);
    if (!secret) {
        co_return make_error(secret.error().code, "kimbap's client secret at " + provider.name +
                                                      ": " + secret.error().message);
    }
    out.secret = std::move(*secret);
    co_return out;
}

}  // namespace kimbap::oauth
