#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace kimbap::audit {

/// Who acted: the `caller` member.
struct Caller {
    std::string agent;
    std::string token;  ///< tok_…; "" for a local caller.
    std::vector<std::string> roles;
    std::string client;  ///< The MCP client's name; "" where unknown.
};

/// One audit record before it is chained (contract section 10). Members that don't apply stay empty
/// and are left out. Nothing in it may hold a secret: parameters are sanitized by the producer.
struct Record {
    std::string kind;  ///< call.started, call.finished, approval.requested, vault.changed, …
    TimePoint time;
    std::string call;  ///< call_…
    std::optional<Caller> caller;
    std::string action;  ///< service.action
    std::optional<boost::json::object> parameters;
    std::optional<boost::json::object> decision;  ///< {outcome, rule, policy}
    std::optional<boost::json::object> approval;  ///< {id, operator, outcome}
    std::optional<boost::json::object>
        execution;                ///< {status, http_status, attempts, duration_ms, bytes}
    boost::json::object details;  ///< Further members of this kind, under "details".
};

}  // namespace kimbap::audit
