#include "app/courier.hpp"

#include <utility>

#include "app/lane.hpp"
#include "approval/ticker.hpp"

namespace kimbap::app {

namespace {

constexpr std::chrono::seconds kLastTry{3};
/// What is under way then ends soon, a look-up of a name maybe not.
constexpr std::chrono::milliseconds kLetGo{300};
constexpr std::chrono::milliseconds kTick{10};

}  // namespace

Courier::Courier(Gateway& gateway, Gateway::Lane& lane)
    : gateway_(gateway), lane_(lane), running_(lane.context.get_executor()) {}

void Courier::start() {
    if (std::exchange(started_, true)) return;
    running_.spawn(gateway_.keep_claims(lane_, claims_.token()));
    if (gateway_.config().notify.empty()) return;
    running_.spawn(gateway_.deliver(lane_, cancel_.token(), last_.token()));
}

Task<void> Courier::finish() {
    claims_.cancel();
    last_.cancel();
    const async::CancelToken never;
    approval::Ticker ticker(lane_.context.get_executor(), never);
    const auto ended = [this] { return running_.running() == 0; };
    auto trying = ticker.wait(kTick, kLastTry, ended);
    co_await std::move(trying);
    cancel_.cancel();
    auto letting_go = ticker.wait(kTick, kLetGo, ended);
    co_await std::move(letting_go);
}

}  // namespace kimbap::app
