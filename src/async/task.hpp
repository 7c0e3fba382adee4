#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace kimbap {

namespace asio = boost::asio;

/// A coroutine that runs on the executor of whoever awaits it.
template <class T = void>
using Task = asio::awaitable<T>;

}  // namespace kimbap
