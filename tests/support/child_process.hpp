#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>

namespace kimbap::test {

/// A forked child that runs a function and exits with what it returns (99 where it throws). Fork
/// while the test has no other threads. Killed and reaped where it still runs when this dies.
class ChildProcess {
public:
    explicit ChildProcess(const std::function<int()>& body) : pid_(fork_flushed()) {
        if (pid_ < 0) throw std::runtime_error("cannot fork");
        if (pid_ > 0) return;
        int code = 99;
        try {
            code = body();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "child: %s\n", error.what());
        }
        std::fflush(nullptr);
        ::_exit(code);
    }
    ~ChildProcess() {
        if (pid_ <= 0) return;
        kill(SIGKILL);
        static_cast<void>(wait());
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    void kill(int signal) const { ::kill(pid_, signal); }
    /// The exit code; -1 where a signal ended it.
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    static pid_t fork_flushed() {
        std::fflush(nullptr);  // or both processes would print what is buffered
        return ::fork();
    }

    std::atomic<pid_t> pid_;  // another thread may kill while this one waits
};

}  // namespace kimbap::test
