#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "approval/notifier.hpp"
#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::async {
class WorkerPool;
}
namespace kimbap::store {
class Store;
}

namespace kimbap::approval {

struct OutboxOptions {
    std::chrono::milliseconds poll{100};      ///< How often the change board is looked at.
    std::chrono::milliseconds idle{5'000};    ///< How often the store is asked anyway.
    std::chrono::milliseconds lease{60'000};  ///< Longer than any delivery takes.
    std::chrono::milliseconds first_retry{1'000};
    std::chrono::milliseconds longest_retry{3'600'000};
    std::int64_t max_attempts = 50;
    std::chrono::milliseconds give_up{86'400'000};  ///< After the event.
    /// What is overdue by so much is of a channel that no process has.
    std::chrono::milliseconds orphaned{3'600'000};
};

/// Delivers the outbox: at least once, across restarts, whichever process wrote the row. Channels
/// are served side by side, each within its Notifier::max_concurrent(), so that a slow or dead one
/// delays no other. Any number of processes may run it on one store. Run by `kimbap serve` and
/// `kimbap mcp`, and by commands of the command line while they wait.
class Outbox {
public:
    /// All outlive run(). Rows of channels that have no notifier here are left to processes whose
    /// configuration has them, and become dead where none delivers them.
    Outbox(store::Store& store, const Clock& clock, async::WorkerPool& workers,
           std::vector<std::unique_ptr<Notifier>> notifiers, OutboxOptions options = {});
    ~Outbox();

    /// Until cancelled; then waits for the deliveries under way. Once `last` is cancelled, only
    /// until nothing is due and nothing under way: what fails then is left to others. On one I/O
    /// thread.
    Task<void> run(async::CancelToken cancel, async::CancelToken last = {});

private:
    class Loop;
    store::Store& store_;
    const Clock& clock_;
    async::WorkerPool& workers_;
    std::vector<std::unique_ptr<Notifier>> notifiers_;
    OutboxOptions options_;
};

}  // namespace kimbap::approval
