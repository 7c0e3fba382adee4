#include "app/lanes.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/this_coro.hpp>

namespace kimbap::app {

std::size_t Lanes::beside() const {
    std::size_t count = 0;
    for (const auto& lane : lanes_) count += lane->pipeline.beside();
    return count;
}

Task<Gateway::Lane*> Lanes::here() {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto& context = asio::query(executor, asio::execution::context);
    for (const auto& lane : lanes_) {
        if (&lane->context == &context) co_return lane.get();
    }
    co_return lanes_.front().get();
}

}  // namespace kimbap::app
