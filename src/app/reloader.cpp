#include "app/reloader.hpp"

#include "app/provider_files.hpp"
#include "async/worker_pool.hpp"
#include "base/log.hpp"

namespace kimbap::app {

namespace {

constexpr std::chrono::milliseconds kSettle{200};

}  // namespace

Reloader::Reloader(boost::asio::io_context& context, Gateway& gateway,
                   std::function<void()> changed, On on)
    : gateway_(gateway),
      changed_(std::move(changed)),
      hangup_(context),
      watch_(context, [this] { schedule(); }),
      settle_(context) {
    watch_files();
    if (on == On::changes) return;
    hangup_.add(SIGHUP);
    await_signal();
}

void Reloader::stop() {
    boost::system::error_code ignored;
    hangup_.cancel(ignored);
    watch_.stop();
    settle_.cancel();
}

void Reloader::watch_files() {
    const Config& config = gateway_.config();
    std::vector<std::string> paths = config.manifests;
    for (const std::string& path : provider_folders(config.manifests)) paths.push_back(path);
    paths.insert(paths.end(), config.policies.begin(), config.policies.end());
    watch_.watch(paths);
}

void Reloader::await_signal() {
    hangup_.async_wait([this](boost::system::error_code error, int) {
        if (error) return;
        reload();
        await_signal();
    });
}

void Reloader::schedule() {
    settle_.expires_after(kSettle);
    settle_.async_wait([this](boost::system::error_code error) {
        if (!error) reload();
    });
}

void Reloader::reload() {
    // Before the files are read: what changes from now on is not missed.
    watch_files();
    const bool queued = gateway_.workers().submit([this] {
        const Result<void> done = gateway_.reload();
        if (done) {
            log::info("manifests and policies reloaded");
            changed_();
        } else {
            log::error(
                "the running manifests and policies stay in force; the new ones have faults:\n" +
                done.error().message);
        }
    });
    if (!queued) log::error("too busy to reload: send SIGHUP again");
}

}  // namespace kimbap::app
