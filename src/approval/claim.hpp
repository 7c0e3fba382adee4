#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "approval/approval.hpp"

namespace kimbap::approval {

/// The executions that this process holds: their leases are renewed as long as their Claim lives.
/// Thread-safe.
class ClaimRegistry {
public:
    struct Held {
        std::string id;
        std::string claimer;
    };
    void add(const Held& held);
    void remove(const std::string& claimer);
    [[nodiscard]] std::vector<Held> held() const;

private:
    mutable std::mutex mutex_;
    std::vector<Held> held_;
};

/// The sole right to run a suspended call. Move-only. When it dies unfinished its lease is no
/// longer renewed: what was begun then becomes `unknown`, or runs again where that does no harm.
class Claim {
public:
    Claim() = default;
    Claim(std::shared_ptr<ClaimRegistry> registry, ClaimRegistry::Held held);
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

private:
    void swap(Claim& other) noexcept {
        std::swap(registry_, other.registry_);
        std::swap(held_, other.held_);
    }
    std::shared_ptr<ClaimRegistry> registry_;
    ClaimRegistry::Held held_;
};

/// A suspended call that this process is to run, now.
struct ClaimedCall {
    Approval approval;
    std::string payload;  ///< SuspendedCall::payload, unsealed.
    Claim claim;
};

}  // namespace kimbap::approval
