#pragma once

#include <string>

#include "async/task.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "oauth/provider.hpp"

namespace kimbap::async {
class WorkerPool;
}
namespace kimbap::vault {
class Vault;
}

namespace kimbap::oauth {

/// kimbap as a provider knows it.
struct Client {
    std::string id;
    Secret secret;  ///< Empty for a public client.
};

/// The client id (from the provider's file, else the vault) and its secret (the vault).
/// Errors: not_found, saying `kimbap vault set …`; the vault's.
[[nodiscard]] Task<Result<Client>> load_client(const Provider& provider, const vault::Vault& vault,
                                               async::WorkerPool& workers);

}  // namespace kimbap::oauth
