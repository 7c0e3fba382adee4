#pragma once

#include "async/task.hpp"
#include "audit/record.hpp"
#include "base/error.hpp"
#include "pipeline/call_state.hpp"

namespace kimbap::net {
class HttpClient;
}

/// The stages of a call, in the order in which Pipeline::walk runs them. Each returns whether the
/// call goes on; where it doesn't, the call's result says why.
namespace kimbap::pipeline::stages {

/// Who asks: is the token still good?
Task<bool> identify(Call& call, Services& services);

/// Which action, and are the arguments valid? Renders the request. May be run again on resumption.
bool resolve(Call& call);

/// What authorize() does to the allowance of a rule that allows the call.
enum class Allowance {
    take,
    look,  ///< A used-up one denies, but none is used up.
};
/// Policy: allow, deny, or require_approval, in call.decision. No credential was touched until
/// here.
bool authorize(Call& call, Services& services, Allowance allowance);

/// Asks the caller's user, of a call whose action wants that. Comes after policy, which the answer
/// can't change, and before approval, so that operators aren't asked for what the user doesn't
/// want. Policy is to be asked again: the rules may be others by then.
Task<bool> confirm(Call& call, const Services& services);

/// Suspends a call that needs an approval and waits for it, up to request.hold. Goes on with the
/// claim to run it in call.claim; or ends with a result that names the approval, or with what
/// another process that ran it stored.
Task<bool> approve(Call& call, Services& services);
/// What a resumed call must pass before its credential is touched: its token, its action, its
/// arguments, its rendered request and its policy as they were approved, or allowed. Ends it as
/// denied, saying what changed, where one isn't. `stored` outlives the task.
Task<bool> recheck(Call& call, Services& services, const approval::Approval& stored);
/// A resolved call as it is stored, to be run or asked for later.
approval::SuspendedCall suspended(const Call& call, const Services& services);

/// Opens the action's credential, only now: a vault secret, or a connection's access token, for
/// which a refresh goes out on `http` where one is due.
Task<bool> credential(Call& call, Services& services, net::HttpClient& http);
/// After a service refused a connection's access token with a 401: puts a newer one in its place,
/// and says whether there is one.
Task<bool> renew_credential(Call& call, Services& services, net::HttpClient& http);

/// The HTTP call: attempts, pages, streaming, scrubbing, shaping. Drops the credential.
Task<void> execute(Call& call, Services& services, net::HttpClient& http);

/// The record that must be durable before a call that can't be repeated leaves.
Task<bool> record_start(Call& call, Services& services);
/// The record of how a call ended; the answer waits for it. Replaces the result where the log can't
/// be written.
Task<void> record_end(Call& call, Services& services);
/// That record, for who writes it together with something else.
audit::Record end_record(const Call& call, const Services& services);

}  // namespace kimbap::pipeline::stages
