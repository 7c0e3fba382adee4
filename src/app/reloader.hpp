#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <vector>

#include "app/gateway.hpp"

namespace kimbap::app {

/// Reloads manifests and policies on SIGHUP and when one of their files changes (inotify; a burst
/// of changes, as editors and deployments make, counts once).
class Reloader {
public:
    /// `changed` is called after each successful reload. All outlive the reloader.
    Reloader(boost::asio::io_context& context, Gateway& gateway, std::function<void()> changed);
    void stop();

private:
    void watch_files();
    void await_signal();
    void await_change();
    void schedule();
    void reload();

    Gateway& gateway_;
    std::function<void()> changed_;
    boost::asio::signal_set hangup_;
    boost::asio::posix::stream_descriptor inotify_;
    boost::asio::steady_timer settle_;
    std::array<char, 4096> events_{};
};

}  // namespace kimbap::app
