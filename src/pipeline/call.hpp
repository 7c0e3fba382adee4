#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/cancellation.hpp"

namespace kimbap::identity {
struct Identity;
}

namespace kimbap::pipeline {

namespace json = boost::json;

/// Who asks. Made by the front door from an authenticated token, or from the configuration for a
/// local caller (stdio, or the anonymous agent on loopback).
struct Caller {
    std::shared_ptr<const identity::Identity> identity;  ///< Null for a local caller.
    std::string agent;
    std::string token;  ///< tok_…; "" for a local caller.
    std::vector<std::string> roles;
    std::string client;  ///< The MCP client's self-reported name; never a reason to allow.

    /// Equal for calls of the same caller, over reconnects and restarts: its token, or else its
    /// agent.
    [[nodiscard]] std::string key() const {
        return token.empty() ? "agent:" + agent : "token:" + token;
    }
};

enum class NoteLevel { info, warning };

/// What the caller can be told while its call runs. Called on the call's thread; never blocks.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void progress(double done, std::optional<double> total, std::string_view message) = 0;
    /// The call waits for this approval from now on; told once, before any progress.
    virtual void held(const std::string& /*approval*/) {}
    /// A step worth knowing of: a retry, a wait. Holds no secret.
    virtual void note(NoteLevel, std::string_view) {}
    /// Whether step() tells anybody; asked first, so that a step nobody hears of costs nothing.
    [[nodiscard]] virtual bool wants_steps() const { return false; }
    /// One step of the call, for who debugs a manifest or a policy. Never holds a secret, an
    /// argument or anything that the downstream service said.
    virtual void step(std::string_view /*what*/, json::object /*details*/) {}
};

class Asker;

/// One call as it comes through the front door.
struct CallRequest {
    Caller caller;
    std::string tool;  ///< service_action, service.action, an alias, or an offered name.
    json::object arguments;
    Observer* observer = nullptr;  ///< Outlives the call; may be null.
    /// Asks the caller's user; null where nobody can be. Outlives the call until it acts.
    Asker* asker = nullptr;
    /// How the user confirmed a call that is resumed.
    std::string confirmation = {};
    async::CancelToken cancel;
    /// How long the caller is kept waiting for an approval before it is told to collect the
    /// outcome.
    std::chrono::milliseconds hold{0};
};

/// What a caller that can come back for the result allows for.
struct Detach {
    /// How long its request may be kept waiting; then the call goes on by itself.
    std::chrono::milliseconds patience{0};
    /// The caller comes back for it in any case, so that even a call that ended at once is kept.
    bool always = false;
    /// A call that streams to its observer keeps its request.
    bool keep_streams = false;
};

/// How a call ended, for the caller to map onto its own terms.
enum class Disposition {
    succeeded,          ///< The downstream answered and the answer is not an error.
    failed,             ///< The downstream or the way to it failed; says what to do.
    invalid_arguments,  ///< The arguments don't fit the action's schema.
    unknown_tool,       ///< No such action.
    denied,             ///< By policy, or beyond the token's actions.
    pending,            ///< Waits for an approval, or goes on by itself; names it.
    not_approved,       ///< Denied by an operator, expired or withdrawn.
    asked,              ///< The caller's user is asked first; nothing was done yet.
    not_confirmed,      ///< The caller's user declined, or can't be asked.
    unavailable,        ///< kimbap itself can't: the audit log or the vault can't be used.
    cancelled,          ///< The caller withdrew.
};
[[nodiscard]] std::string_view name(Disposition disposition) noexcept;

/// What a body is offered as.
enum class ContentKind { none, json, text, image, audio, binary };

/// The answer to the caller.
struct CallResult {
    std::string call;  ///< call_…
    Disposition disposition = Disposition::failed;
    std::string action;    ///< service.action; what was asked for where unknown.
    std::string decision;  ///< allow, deny, require_approval; "" where policy was not reached.
    std::string rule;      ///< "" where none matched.
    std::string approval;  ///< apr_… where one was involved.
    std::string task;      ///< task_… where it was kept without one.

    unsigned http_status = 0;  ///< Of the service's last answer; 0 where none came.
    ContentKind content = ContentKind::none;
    std::string body;       ///< JSON text, UTF-8 text, or bytes, by `content`.
    std::string mime_type;  ///< Of the body where it is not JSON.
    /// What happened and what to do about it; where the call succeeded, what its result lacks, if
    /// anything.
    std::string message;
};

}  // namespace kimbap::pipeline
