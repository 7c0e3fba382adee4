#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kimbap::app {

/// Tells when a file at one of some paths changes, by inotify(7): a file or folder itself, one that
/// is put in its place (by renaming, as deployments do, also of a folder above it), and what a
/// symbolic link leads to. One thread.
class PathWatch {
public:
    /// `changed` is called at each burst of events. It outlives the watch, as does the context.
    PathWatch(boost::asio::io_context& context, std::function<void()> changed);

    /// Watches these files and folders, which need not be there yet, instead of what it watched.
    /// To be called again after a change: what lies at the paths may be something else by then.
    void watch(const std::vector<std::string>& paths);
    void stop();

private:
    /// Names in a folder that count; nullopt: all.
    using Names = std::optional<std::set<std::string>>;

    void add(const std::string& path);
    void add_folder(const std::string& folder, const std::optional<std::string>& name,
                    std::uint32_t events);
    void await_events();
    /// Whether one of the events in the buffer counts.
    [[nodiscard]] bool concerned(std::size_t size) const;

    struct Watching {};

    std::function<void()> changed_;
    std::shared_ptr<Watching> watching_;  ///< From watch() to stop().
    boost::asio::posix::stream_descriptor inotify_;
    std::map<int, Names> folders_;  ///< By watch descriptor.
    alignas(std::max_align_t) std::array<char, 8192> events_{};
};

}  // namespace kimbap::app
