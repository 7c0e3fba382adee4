#pragma once

#include "app/gateway.hpp"
#include "approval/child_tasks.hpp"
#include "async/cancellation.hpp"
#include "async/task.hpp"

namespace kimbap::app {

/// What `serve` and `mcp` do in the background, beside one command of the command line: delivers
/// notifications, so that operators hear of what it does where neither runs, and keeps the claim on
/// a call that the command runs, for as long as that takes. On the lane's thread, as whose last
/// work it is destroyed.
class Courier {
public:
    /// Gateway and lane outlive it.
    Courier(Gateway& gateway, Gateway::Lane& lane);

    /// From now on until finish(). Only a command that may cause notifications, or claim a call,
    /// starts it.
    void start();
    /// Gives what is due a last try, of a few seconds at most: what fails or takes longer is left
    /// to the next process. Ends at once where nothing is due, or nothing was started.
    Task<void> finish();

private:
    Gateway& gateway_;
    Gateway::Lane& lane_;
    async::CancelSource cancel_, last_, claims_;
    approval::ChildTasks running_;
    bool started_ = false;
};

}  // namespace kimbap::app
