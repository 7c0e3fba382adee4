#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace kimbap::store::sqlite {

class Connection;

/// Copies a long write-ahead log into the database (SQLite's "checkpoint"), which takes some
/// milliseconds and two fsyncs, on a thread and a connection of its own, so that no commit waits
/// for it.
///
/// The thread runs only where a processor has nothing else to do: any other would keep the one that
/// a call needs until its time slice ends. Where processors have nothing to spare for long, the
/// writer slows down, so that the log has an end.
///
/// Commits go on meanwhile, and SQLite begins the log anew only where all of it has been copied. So
/// the writer's thread copies the rest, which is short, between two commits.
class LogTidier {
public:
    /// Length, in pages, at which the log is copied: 12 MB. With what comes while it is copied, the
    /// file stays below its size limit (journal_size_limit of the connection that writes).
    static constexpr int kLongLogPages = 3000;
    /// What it grows by before the next try, where it could not begin anew: somebody reads in it.
    static constexpr int kRetryPages = 1000;
    /// Length at which commits wait for the copy that is under way: 50 MB.
    static constexpr int kPressingLogPages = 12'000;
    /// How long each of them does; at twice that length, twice as long.
    static constexpr std::chrono::milliseconds kPressingPause{1};

    explicit LogTidier(std::string path) : path_(std::move(path)) {}
    /// Waits for a copy that is under way.
    ~LogTidier();
    LogTidier(const LogTidier&) = delete;
    LogTidier& operator=(const LogTidier&) = delete;

    /// After a commit of `writer`, on its thread. Failing does no harm but for the log's length: a
    /// later time may succeed.
    void after_commit(Connection& writer);

private:
    enum class State { idle, asked, copied };
    void ask();
    void loop();

    const std::string path_;
    int due_ = kLongLogPages;  ///< Length at which to ask next.
    int seen_ = 0;             ///< Length after the last commit.
    std::atomic<State> state_ = State::idle;

    std::mutex mutex_;  ///< With state_'s change to `asked`, and stopping_.
    std::condition_variable wake_;
    bool stopping_ = false;
    std::unique_ptr<Connection> connection_;  ///< Of thread_, which opens it.
    std::thread thread_;
};

}  // namespace kimbap::store::sqlite
