#include "approval/claim.hpp"

namespace kimbap::approval {

void ClaimRegistry::add(const Held& held) {
    const std::lock_guard lock(mutex_);
    held_.push_back(held);
}

void ClaimRegistry::remove(const std::string& claimer) {
    const std::lock_guard lock(mutex_);
    std::erase_if(held_, [&](const Held& held) { return held.claimer == claimer; });
}

std::vector<ClaimRegistry::Held> ClaimRegistry::held() const {
    const std::lock_guard lock(mutex_);
    return held_;
}

void ClaimRegistry::stop(const std::string& id) const {
    for (const Held& one : held()) {
        if (one.id == id && one.stop) one.stop();
    }
}

Claim::Claim(std::shared_ptr<ClaimRegistry> registry, ClaimRegistry::Held held,
             async::CancelToken stopped)
    : registry_(std::move(registry)), held_(std::move(held)), stopped_(std::move(stopped)) {
    registry_->add(held_);
}

Claim::~Claim() {
    if (registry_) registry_->remove(held_.claimer);
}

}  // namespace kimbap::approval
