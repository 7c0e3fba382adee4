#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "approval/child_tasks.hpp"
#include "approval/execution.hpp"
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

    /// As above; but a call that acts for longer than the caller's patience is stored and goes on
    /// without its request. The result is then pending and names what to ask for: `task`, or
    /// `approval` where there is one.
    Task<CallResult> run(CallRequest request, Detach detach);
    /// Calls that run beside their requests, or without one. Any thread.
    [[nodiscard]] std::size_t beside() const noexcept { return beside_count_ + resumed_count_; }

    /// How a suspended call of `caller` stands, waiting up to `wait` for it to end.
    Task<CallResult> collect(Caller caller, std::string approval, std::chrono::milliseconds wait,
                             async::CancelToken cancel);

    /// Runs an approved call that nobody holds, from the credential stage on.
    Task<Result<approval::Resumed>> resume(const approval::ClaimedCall& claimed) override;

private:
    Task<void> walk(Call& call);
    Task<void> act(Call& call);
    Task<void> end(Call& call);

    struct Beside;
    Task<void> run_beside(std::shared_ptr<Beside> beside);
    Task<bool> detach(Beside& beside, bool keep_streams);
    Task<void> keep(Call& call);

    Services& services_;
    net::HttpClient& http_;
    /// Whether the last record could not be written: then calls prove first that one can be.
    bool audit_failed_ = false;
    std::optional<approval::ChildTasks> beside_;
    std::atomic<std::size_t> beside_count_{0};
    std::atomic<std::size_t> resumed_count_{0};
};

}  // namespace kimbap::pipeline
