#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "app/gateway.hpp"
#include "app/path_watch.hpp"

namespace kimbap::app {

/// Reloads manifests and policies on SIGHUP and when one of their files changes (a burst
/// of changes, as editors and deployments make, counts once).
class Reloader {
public:
    enum class On { changes, changes_and_hangup };

    /// `changed` is called after each successful reload. All outlive the reloader, which outlives
    /// what the gateway's workers have to do.
    Reloader(boost::asio::io_context& context, Gateway& gateway, std::function<void()> changed,
             On on = On::changes_and_hangup);
    void stop();

private:
    void watch_files();
    void await_signal();
    void schedule();
    void reload();

    Gateway& gateway_;
    std::function<void()> changed_;
    boost::asio::signal_set hangup_;
    PathWatch watch_;
    boost::asio::steady_timer settle_;
};

}  // namespace kimbap::app
