#include "store/sqlite/log_tidier.hpp"

#include <sched.h>

#include "store/sqlite/connection.hpp"

namespace kimbap::store::sqlite {

LogTidier::~LogTidier() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void LogTidier::after_commit(Connection& writer) {
    const int pages = writer.log_pages();
    if (pages < seen_) due_ = kLongLogPages;
    seen_ = pages;
    const State state = state_.load(std::memory_order_acquire);
    if (state == State::copied) {
        writer.copy_log();
        due_ = pages + kRetryPages;
        state_.store(State::idle, std::memory_order_relaxed);
    } else if (state == State::idle && pages >= due_) {
        ask();
    } else if (state == State::asked && pages >= kPressingLogPages) {
        std::this_thread::sleep_for(kPressingPause * (pages / kPressingLogPages));
    }
}

void LogTidier::ask() {
    {
        const std::lock_guard lock(mutex_);
        state_.store(State::asked, std::memory_order_relaxed);
        if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
    }
    wake_.notify_one();
}

void LogTidier::loop() {
    // A nice thread would not do: others wait for its time slice all the same (sched(7)). Not being
    // let does no harm.
    const sched_param none{};
    static_cast<void>(::sched_setscheduler(0, SCHED_IDLE, &none));
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] {
                return stopping_ || state_.load(std::memory_order_relaxed) == State::asked;
            });
            if (stopping_) return;
        }
        if (connection_ == nullptr) {
            auto opened = Connection::open(path_, Connection::Mode::read_write);
            // Asking for the mode has SQLite look for the log, which it copies only once it knows
            // of it.
            if (opened && (*opened)->use_write_ahead_log()) connection_ = std::move(*opened);
        }
        // The second time leaves the writer what came during the first one's fsync, and no more.
        for (int times = 0; connection_ != nullptr && times < 2; ++times) connection_->copy_log();
        state_.store(State::copied, std::memory_order_release);
    }
}

}  // namespace kimbap::store::sqlite
