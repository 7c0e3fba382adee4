#include "async/watchful_run.hpp"

#include <algorithm>
#include <thread>

namespace kimbap::async {

namespace {

/// Whether a handler ran, or the context stopped, within kWatch.
bool look(boost::asio::io_context& context) {
    const auto until = std::chrono::steady_clock::now() + kWatch;
    do {
        if (context.poll_one() > 0 || context.stopped()) return true;
        std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < until);
    return false;
}

}  // namespace

bool Watchfulness::watch() noexcept {
    if (credit_ > 0) return true;
    slept_ = (slept_ + 1) % kTrialEvery;
    return slept_ == 0;
}

void Watchfulness::learn(bool met) noexcept {
    credit_ = std::clamp(credit_ + (met ? 1 : -kVain), 0, kMost);
}

void watchful_run(boost::asio::io_context& context) {
    Watchfulness watchfulness;
    while (!context.stopped()) {
        context.poll();
        if (watchfulness.watch()) {
            const bool met = look(context);
            watchfulness.learn(met);
            if (met) continue;
        }
        context.run_one();
    }
}

}  // namespace kimbap::async
