#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "pipeline/services.hpp"

namespace kimbap::operator_api {

/// A call that nobody makes, to see how policy would decide it.
struct HypotheticalCall {
    std::string action;  ///< service.action
    std::string agent;
    std::string token;
    std::vector<std::string> roles;
    std::string client;
    std::string risk;  ///< Of an action that no manifest declares; "" for the worst.
    boost::json::object args;
};

/// The decision and every rule that was considered, as JSON. Uses no allowance.
[[nodiscard]] boost::json::object explain(const pipeline::Rules& rules, const HypotheticalCall& call,
                                          TimePoint now);

}  // namespace kimbap::operator_api
