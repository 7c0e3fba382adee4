#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/gateway.hpp"
#include "approval/notifier.hpp"
#include "async/cancellation.hpp"

namespace kimbap::app {

class HttpPoster;

/// The notifiers of the configuration on one lane's thread.
class Notifiers {
public:
    /// Gateway and lane outlive it. An entry that can't be used is logged and left out. What is
    /// under way ends soon after `cancel`.
    Notifiers(Gateway& gateway, Gateway::Lane& lane, async::CancelToken cancel = {});
    ~Notifiers();

    /// Gives them away, once; they must not outlive this.
    [[nodiscard]] std::vector<std::unique_ptr<approval::Notifier>> take();

private:
    std::unique_ptr<HttpPoster> poster_;
    std::vector<std::unique_ptr<approval::Notifier>> made_;
};

/// Sends a test through the notify entry `name`, to each of its recipients: what went wrong first.
/// Errors: not_found for no such entry; those of its Delivery.
Task<Result<void>> try_channel(Gateway& gateway, Gateway::Lane& lane, std::string name);

}  // namespace kimbap::app
