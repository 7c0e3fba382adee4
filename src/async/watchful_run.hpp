#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>

namespace kimbap::async {

/// Whether to go on looking for events for a moment before a thread sleeps, learnt from what came
/// of it: yes as long as two of three looks meet one; else now and then, to find out.
class Watchfulness {
public:
    /// Before a thread sleeps.
    [[nodiscard]] bool watch() noexcept;
    /// What came of it: whether an event came within the look.
    void learn(bool met) noexcept;

private:
    static constexpr int kMost = 16;
    /// Credit that a look in vain costs; one that meets an event gives 1.
    static constexpr int kVain = 2;
    /// Without credit, each such sleep has a look before it.
    static constexpr int kTrialEvery = 64;
    int credit_ = kMost / 2;
    int slept_ = 0;
};

/// How long a thread looks. What is worth waiting for like this takes less: an upstream on the same
/// machine, the next request of a connection, a commit.
inline constexpr std::chrono::microseconds kWatch{200};

/// Like io_context::run(), which it stands in for on the one thread of `context`; but before it
/// sleeps, it looks for events for kWatch where that has paid off lately, giving the processor to
/// whoever else wants it between two looks.
///
/// To sleep is dear where the processor is virtual and has nothing else to do: it is given up to
/// the host, and comes back late, with cold caches. At one connection that was two thirds of what a
/// call took (docs/decisions/0007-watching.md).
void watchful_run(boost::asio::io_context& context);

}  // namespace kimbap::async
