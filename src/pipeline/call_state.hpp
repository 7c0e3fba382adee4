#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "approval/claim.hpp"
#include "base/json_object_text.hpp"
#include "base/secret.hpp"
#include "manifests/request.hpp"
#include "pipeline/call.hpp"
#include "pipeline/services.hpp"
#include "scrub/scrubber.hpp"

namespace kimbap::pipeline {

/// One call on its way through the stages. Each stage adds what it found out; a stage that ends the
/// call fills in `result`. Lives on one thread.
struct Call {
    Call(CallRequest asked, std::shared_ptr<const Rules> in_force);

    CallRequest request;  ///< Its token is this call's own: see obey() and let_go().
    CallResult result;
    std::shared_ptr<const Rules> rules;
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

    // resolve
    const manifests::RegisteredAction* action = nullptr;
    manifests::RenderedRequest rendered;

    // authorize
    policy::Decision decision;
    bool decided = false;           ///< By the rules in force, which the result then tells of.
    bool refused_by_token = false;  ///< Its globs leave the action out: policy wasn't asked.

    // confirm
    /// accepted, declined, dismissed, asked, not_asked, impossible or invalid; "" where the action
    /// asks nothing.
    std::string confirmation;

    // act
    std::function<void()> acts;  ///< Called before a call that may be detached acts.
    std::string bound;           ///< binding() as of then: no credential was put in yet.

    // approve
    std::optional<approval::ClaimedCall> claim;
    bool joined = false;  ///< The same call was pending already: it shares its approval.
    /// What a call that is resumed was approved, or allowed, as. Outlives the call.
    const approval::Approval* stored = nullptr;

    // credential: lives until execute is done
    Secret credential;
    std::int64_t credential_version = 0;  ///< Of the OAuth connection that it is from.
    scrub::Scrubber scrubber;

    // execute
    int attempts = 0;
    unsigned http_status = 0;
    std::size_t bytes = 0;

    /// The call as policy sees it; views into this.
    [[nodiscard]] policy::Request policy_request() const;
    [[nodiscard]] JsonObjectText sanitized_parameters() const;
    /// What the caller was told, as it may be recorded.
    [[nodiscard]] std::string sanitized_message() const;
    /// What the caller's user is asked; "" where the action asks nothing.
    [[nodiscard]] std::string question() const;
    /// SHA-256 (hexadecimal) over all that an approval binds (contract section 8).
    [[nodiscard]] std::string binding(std::string_view policy_digest) const;

    /// Ends the call; false, so that stages can return it.
    bool end(Disposition disposition, std::string message);

    /// From now on the call is cancelled with `token`, too.
    void obey(const async::CancelToken& token);
    /// The call no longer ends with its request.
    void let_go();

private:
    async::CancelSource cancel_;
    async::CancelToken::Registration by_caller_;
    async::CancelToken::Registration by_claim_;
};

}  // namespace kimbap::pipeline
