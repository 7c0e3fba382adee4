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

Claim::Claim(std::shared_ptr<ClaimRegistry> registry, ClaimRegistry::Held held)
    : registry_(std::move(registry)), held_(std::move(held)) {
    registry_->add(held_);
}

Claim::~Claim() {
    if (registry_) registry_->remove(held_.claimer);
}

}  // namespace kimbap::approval
