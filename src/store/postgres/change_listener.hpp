#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "store/change_board.hpp"
#include "store/postgres/connection.hpp"
#include "store/sql/change_signal.hpp"

namespace kimbap::store::postgres {

/// The ChangeBoard of processes that share a database: each commit notifies the others (NOTIFY), on
/// whatever machine, within milliseconds. A thread with a connection of its own listens; while it
/// has none, or the server doesn't answer, no version is stable, so that nobody caches what
/// somebody else may change.
class ChangeListener final : public ChangeBoard, public sql::ChangeSignal {
public:
    /// `writer` is whose transactions announce() is about; it outlives the listener.
    /// Errors: storage_failure (no more file descriptors).
    static Result<std::unique_ptr<ChangeListener>> start(ConnectionOptions options,
                                                         Connection& writer);
    ~ChangeListener() override;
    ChangeListener(const ChangeListener&) = delete;
    ChangeListener& operator=(const ChangeListener&) = delete;

    std::uint64_t version(Topic topic) const noexcept override;
    Result<void> announce(unsigned topics) override;
    void settle() noexcept override;
    /// Any topic may have changed: nothing that was cached until now holds. Thread-safe.
    void doubt_all() noexcept;

private:
    ChangeListener(ConnectionOptions options, Connection& writer, int wake);
    void loop();
    /// Until the connection is lost or the listener ends.
    void listen(Connection& connection);
    /// Takes in what the server sent. False where the connection is lost.
    bool hear_all(Connection& connection);
    enum class Wake { input, silence, ending };
    /// `socket` may be -1.
    [[nodiscard]] Wake wait(int socket, int milliseconds) const;
    void heard(const std::string& payload);
    void add(unsigned topics, std::uint64_t steps) noexcept;

    ConnectionOptions options_;
    Connection& writer_;
    /// Odd while this process's writer is between announce() and settle().
    std::array<std::atomic<std::uint64_t>, kTopicCount> versions_{};
    std::atomic<bool> listening_ = false;
    unsigned announced_ = 0;  ///< Of the writer's thread.
    int wake_;                ///< An eventfd, readable once the listener ends.
    std::thread thread_;
};

}  // namespace kimbap::store::postgres
