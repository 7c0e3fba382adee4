#pragma once

#include <functional>
#include <memory>
#include <string>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "pipeline/services.hpp"

namespace kimbap::net {
class HttpClient;
}
namespace kimbap::oauth {
class ConnectionStore;
class Connector;
class PendingAttempts;
}  // namespace kimbap::oauth
namespace kimbap::store {
class Store;
}

namespace kimbap::operator_api {

/// What connections are made with.
struct OAuthServices {
    oauth::ConnectionStore& connections;
    oauth::Connector& connector;
    oauth::PendingAttempts& attempts;
    std::function<Task<net::HttpClient*>()> http;  ///< The awaiting thread's.
    std::string public_url;  ///< http.public_url; "" where browsers reach what they asked.
};

/// What the resources work with; outlives the API.
struct ApiServices {
    store::Store& store;
    vault::Vault& vault;
    identity::TokenRegistry& tokens;
    approval::ApprovalManager& approvals;
    const pipeline::RulesSource& rules;
    async::WorkerPool& workers;
    const Clock& clock;
    OAuthServices oauth;
};

}  // namespace kimbap::operator_api
