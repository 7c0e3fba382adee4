#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json_object_text.hpp"

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
    std::optional<JsonObjectText> parameters;
    std::optional<JsonObjectText> decision;  ///< {outcome, rule, policy}
    std::optional<JsonObjectText> approval;  ///< {id, operator, outcome}
    /// {status, http_status, attempts, duration_ms, bytes}
    std::optional<JsonObjectText> execution;
    boost::json::object details;  ///< Further members of this kind, under "details".
};

}  // namespace kimbap::audit
