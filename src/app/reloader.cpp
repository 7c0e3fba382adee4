#include "app/reloader.hpp"

#include <sys/inotify.h>

#include <boost/asio/buffer.hpp>
#include <filesystem>

#include "app/provider_files.hpp"
#include "async/worker_pool.hpp"
#include "base/log.hpp"

namespace kimbap::app {

namespace {

constexpr std::chrono::milliseconds kSettle{200};

}  // namespace

Reloader::Reloader(boost::asio::io_context& context, Gateway& gateway,
                   std::function<void()> changed)
    : gateway_(gateway),
      changed_(std::move(changed)),
      hangup_(context, SIGHUP),
      inotify_(context),
      settle_(context) {
    watch_files();
    await_signal();
}

void Reloader::stop() {
    boost::system::error_code ignored;
    hangup_.cancel(ignored);
    inotify_.close(ignored);
    settle_.cancel();
}

void Reloader::watch_files() {
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) return;
    inotify_.assign(fd);
    const auto watch = [&](const std::string& path) {
        // A file is watched through its folder: editors replace files instead of writing into them.
        std::error_code error;
        const std::filesystem::path place(path);
        const auto folder =
            std::filesystem::is_directory(place, error) ? place : place.parent_path();
        ::inotify_add_watch(fd, (folder.empty() ? "." : folder.string()).c_str(),
                            IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE);
    };
    for (const std::string& path : gateway_.config().manifests) watch(path);
    for (const std::string& path : provider_folders(gateway_.config().manifests)) watch(path);
    for (const std::string& path : gateway_.config().policies) watch(path);
    await_change();
}

void Reloader::await_signal() {
    hangup_.async_wait([this](boost::system::error_code error, int) {
        if (error) return;
        reload();
        await_signal();
    });
}

void Reloader::await_change() {
    inotify_.async_read_some(boost::asio::buffer(events_),
                             [this](boost::system::error_code error, std::size_t) {
                                 if (error) return;
                                 schedule();
                                 await_change();
                             });
}

void Reloader::schedule() {
    settle_.expires_after(kSettle);
    settle_.async_wait([this](boost::system::error_code error) {
        if (!error) reload();
    });
}

void Reloader::reload() {
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
