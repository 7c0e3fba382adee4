#include "approval/approval_manager.hpp"
#include "approval/execution.hpp"
#include "audit/writer.hpp"
#include "pipeline/outcome.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline::stages {

namespace {

audit::Record record_of(const Call& call, const Services& services, std::string kind) {
    audit::Record record;
    record.kind = std::move(kind);
    record.time = services.clock.now();
    record.call = call.result.call;
    record.caller = audit::Caller{call.request.caller.agent, call.request.caller.token,
                                  call.request.caller.roles, call.request.caller.client};
    record.action = call.result.action;
    record.parameters = call.sanitized_parameters();
    if (call.decided || call.stored != nullptr) {
        JsonObjectText& decision = record.decision.emplace();
        decision.add("outcome", call.result.decision)
            .add("policy", call.decided ? call.rules->policy->digest() : call.stored->policy);
        if (!call.result.rule.empty()) decision.add("rule", call.result.rule);
        if (call.refused_by_token) decision.add("by", "token");
    }
    if (!call.result.approval.empty()) {
        record.approval.emplace().add("id", call.result.approval);
    }
    return record;
}

JsonObjectText execution_of(const Call& call) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - call.started);
    JsonObjectText out;
    out.add("status", name(call.result.disposition))
        .add("attempts", call.attempts)
        .add("duration_ms", static_cast<double>(took.count()) / 1000.0)
        .add("bytes", call.bytes);
    if (call.http_status != 0) out.add("http_status", call.http_status);
    return out;
}

void withhold(Call& call, const Error& error) {
    call.result.content = ContentKind::none;
    call.result.body.clear();
    const bool acted = call.attempts > 0;
    static_cast<void>(
        call.end(Disposition::unavailable,
                 std::string(acted ? "The call ran, but its answer is withheld: " : "Refused: ") +
                     "the audit log can't be written (" + error.message + "). Tell an operator."));
}

}  // namespace

audit::Record end_record(const Call& call, const Services& services) {
    audit::Record record = record_of(call, services, "call.finished");
    record.execution = execution_of(call);
    if (!call.result.message.empty()) {
        // Cut: it may quote the downstream, scrubbed.
        record.details = {{"message", call.sanitized_message().substr(0, 500)}};
    }
    if (!call.confirmation.empty()) record.details["confirmation"] = call.confirmation;
    if (!call.result.task.empty()) record.details["task"] = call.result.task;
    return record;
}

Task<bool> record_start(Call& call, Services& services) {
    auto writing = services.audit.append(record_of(call, services, "call.started"));
    const Result<void> written = co_await std::move(writing);
    if (written) co_return true;
    withhold(call, written.error());
    co_return false;
}

Task<void> record_end(Call& call, Services& services) {
    if (call.claim) {
        // The end of an approved call, its outcome and its record are durable together.
        const bool succeeded = call.result.disposition == Disposition::succeeded;
        auto finishing = approval::finish(
            services.approvals, *call.claim,
            approval::Resumed{succeeded, to_outcome(call.result), end_record(call, services)});
        const auto finished = co_await std::move(finishing);
        if (!finished) withhold(call, finished.error());
        co_return;
    }
    // What still waits has its approval.requested record, unless it joined an earlier one's.
    if (call.result.disposition == Disposition::pending && !call.joined) co_return;
    auto writing = services.audit.append(end_record(call, services));
    const Result<void> written = co_await std::move(writing);
    if (!written) withhold(call, written.error());
}

}  // namespace kimbap::pipeline::stages
