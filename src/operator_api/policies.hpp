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
    std::string risk;      ///< Of an action that no manifest declares; "" for the worst.
    bool mutating = true;  ///< Likewise.
    boost::json::object args;
};

/// A hypothetical call as policy sees it: the manifest's defaults filled in, its risk looked up.
/// Views into the rules and the call, which outlive it.
class PolicyQuestion {
public:
    PolicyQuestion(const pipeline::Rules& rules, const HypotheticalCall& call);
    PolicyQuestion(const PolicyQuestion&) = delete;
    PolicyQuestion& operator=(const PolicyQuestion&) = delete;

    [[nodiscard]] const policy::Request& request() const { return request_; }
    /// Whether a manifest declares the action.
    [[nodiscard]] bool declared() const { return action_ != nullptr; }
    /// Why a call with these arguments would be refused before policy is asked. Empty where they
    /// fit, and where none were given: the question is then about the action alone.
    [[nodiscard]] std::vector<std::string> argument_faults() const;

private:
    const manifests::RegisteredAction* action_;
    bool given_;
    boost::json::object arguments_;
    policy::Request request_;
};

/// The decision, for whom, and every rule that was considered, as JSON. Uses no allowance.
[[nodiscard]] boost::json::object explain(const pipeline::Rules& rules,
                                          const HypotheticalCall& call, TimePoint now);

}  // namespace kimbap::operator_api
