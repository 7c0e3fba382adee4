#include "app/path_watch.hpp"

#include <sys/inotify.h>

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <utility>

namespace kimbap::app {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kReplaced =
    IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kWritten = kReplaced | IN_CLOSE_WRITE;

}  // namespace

PathWatch::PathWatch(boost::asio::io_context& context, std::function<void()> changed)
    : changed_(std::move(changed)), inotify_(context) {}

void PathWatch::watch(const std::vector<std::string>& paths) {
    stop();
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) return;
    inotify_.assign(fd);
    watching_ = std::make_shared<Watching>();
    for (const std::string& path : paths) {
        add(path);
        // Where a link leads: the link itself is watched by its name.
        std::error_code error;
        const fs::path real = fs::canonical(path, error);
        if (!error) add(real.string());
        if (!fs::is_directory(path, error)) continue;
        for (const auto& entry : fs::directory_iterator(path, error)) {
            std::error_code ignored;
            if (!entry.is_symlink(ignored)) continue;
            const fs::path target = fs::canonical(entry.path(), ignored);
            if (!ignored)
                add_folder(target.parent_path().string(), target.filename().string(), kWritten);
        }
    }
    await_events();
}

void PathWatch::stop() {
    boost::system::error_code ignored;
    inotify_.close(ignored);
    folders_.clear();
    watching_.reset();
}

void PathWatch::add(const std::string& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) add_folder(path, std::nullopt, kWritten);
    // A file is watched through its folder, as editors replace files instead of writing into them;
    // a folder through the one that it is in, and so on.
    fs::path place = fs::absolute(path, error).lexically_normal();
    if (!place.has_filename()) place = place.parent_path();
    for (std::uint32_t events = kWritten; place.has_relative_path(); place = place.parent_path()) {
        add_folder(place.parent_path().string(), place.filename().string(), events);
        events = kReplaced;
    }
}

void PathWatch::add_folder(const std::string& folder, const std::optional<std::string>& name,
                           std::uint32_t events) {
    const int watch = ::inotify_add_watch(inotify_.native_handle(), folder.c_str(),
                                          events | IN_ONLYDIR | IN_MASK_ADD);
    if (watch < 0) return;
    Names& names = folders_.try_emplace(watch, Names(std::in_place)).first->second;
    if (!name) {
        names.reset();
    } else if (names) {
        names->insert(*name);
    }
}

bool PathWatch::concerned(std::size_t size) const {
    for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
        inotify_event event{};
        std::memcpy(&event, events_.data() + at, sizeof event);
        const char* const name = events_.data() + at + sizeof event;
        at += sizeof event + event.len;
        const auto folder = folders_.find(event.wd);
        // Events were lost, or the folder itself went.
        if (folder == folders_.end() || event.len == 0) {
            if ((event.mask & IN_IGNORED) == 0) return true;
            continue;
        }
        if (!folder->second || folder->second->contains(name)) return true;
    }
    return false;
}

void PathWatch::await_events() {
    inotify_.async_read_some(boost::asio::buffer(events_),
                             [this, watching = std::weak_ptr(watching_)](
                                 boost::system::error_code error, std::size_t size) {
                                 // What was read before the end may arrive after it.
                                 if (error || watching.expired()) return;
                                 const bool counts = concerned(size);
                                 await_events();
                                 if (counts) changed_();
                             });
}

}  // namespace kimbap::app
