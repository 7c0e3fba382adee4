#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "approval/approval.hpp"
#include "async/cancellation.hpp"

namespace kimbap::approval {

/// The executions that this process holds: their leases are renewed as long as their Claim lives.
/// Thread-safe.
class ClaimRegistry {
public:
    struct Held {
        std::string id;
        std::string claimer;
        std::function<void()> stop{};  ///< Cancels Claim::stopped(), from any thread; may be empty.
    };
    void add(const Held& held);
    void remove(const std::string& claimer);
    [[nodiscard]] std::vector<Held> held() const;
    /// Tells whoever runs the call, if this process does, that its caller wants it stopped.
    void stop(const std::string& id) const;

private:
    mutable std::mutex mutex_;
    std::vector<Held> held_;
};

/// The sole right to run a suspended call. Move-only. When it dies unfinished its lease is no
/// longer renewed: what was begun then becomes `unknown`, or runs again where that does no harm.
class Claim {
public:
    Claim() = default;
    /// `stopped` is cancelled, on the claim's thread, when the caller wants the call stopped.
    Claim(std::shared_ptr<ClaimRegistry> registry, ClaimRegistry::Held held,
          async::CancelToken stopped = {});
    Claim(Claim&& other) noexcept { swap(other); }
    Claim& operator=(Claim&& other) noexcept {
        Claim moved(std::move(other));
        swap(moved);
        return *this;
    }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim();

    [[nodiscard]] const std::string& id() const noexcept { return held_.id; }
    [[nodiscard]] const std::string& claimer() const noexcept { return held_.claimer; }
    [[nodiscard]] const async::CancelToken& stopped() const noexcept { return stopped_; }

private:
    void swap(Claim& other) noexcept {
        std::swap(registry_, other.registry_);
        std::swap(held_, other.held_);
        std::swap(stopped_, other.stopped_);
    }
    std::shared_ptr<ClaimRegistry> registry_;
    ClaimRegistry::Held held_;
    async::CancelToken stopped_;
};

/// A suspended call that this process is to run, now.
struct ClaimedCall {
    Approval approval;
    std::string payload;  ///< SuspendedCall::payload, unsealed.
    Claim claim;
};

}  // namespace kimbap::approval
