#pragma once

#include "app/gateway.hpp"
#include "approval/child_tasks.hpp"
#include "async/cancellation.hpp"
#include "async/task.hpp"

namespace kimbap::app {

/// Delivers notifications beside one command of the command line, so that operators hear of what it
/// does where no `serve` or `mcp` runs. On the lane's thread, as whose last work it is destroyed.
class Courier {
public:
    /// Gateway and lane outlive it.
    Courier(Gateway& gateway, Gateway::Lane& lane);

    /// From now on until finish(). Only a command that may cause notifications starts it.
    void start();
    /// Gives what is due a last try, of a few seconds at most: what fails or takes longer is left
    /// to the next process. Ends at once where nothing is due, or nothing was started.
    Task<void> finish();

private:
    Gateway& gateway_;
    Gateway::Lane& lane_;
    async::CancelSource cancel_, last_;
    approval::ChildTasks running_;
    bool started_ = false;
};

}  // namespace kimbap::app
