#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "pipeline/services.hpp"

namespace kimbap::store {
class Store;
}

namespace kimbap::operator_api {

/// What the resources work with; outlives the API.
struct ApiServices {
    store::Store& store;
    vault::Vault& vault;
    identity::TokenRegistry& tokens;
    approval::ApprovalManager& approvals;
    const pipeline::RulesSource& rules;
    async::WorkerPool& workers;
    const Clock& clock;
};

}  // namespace kimbap::operator_api
