#pragma once

#include <chrono>
#include <string>

#include "approval/approval_service.hpp"
#include "async/task.hpp"
#include "pipeline/call.hpp"
#include "pipeline/services.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::pipeline {

struct Call;

/// The one way from a call to a credential. One per I/O thread, with that thread's HTTP client;
/// used on that thread only.
class Pipeline final : public approval::Resumer {
public:
    /// Both outlive the pipeline.
    Pipeline(Services& services, net::HttpClient& http) : services_(services), http_(http) {}

    /// Runs a call through all stages. Its audit record is durable when this completes.
    Task<CallResult> run(CallRequest request);

    /// How a suspended call of `caller` stands, waiting up to `wait` for it to end.
    Task<CallResult> collect(Caller caller, std::string approval, std::chrono::milliseconds wait,
                             async::CancelToken cancel);

    /// Runs an approved call that nobody holds, from the credential stage on.
    Task<Result<approval::Resumed>> resume(const approval::ClaimedCall& claimed) override;

private:
    Task<void> walk(Call& call);
    Task<void> act(Call& call);

    Services& services_;
    net::HttpClient& http_;
    /// Whether the last record could not be written: then calls prove first that one can be.
    bool audit_failed_ = false;
};

}  // namespace kimbap::pipeline
