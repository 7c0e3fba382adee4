#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace kimbap::test {

/// How a program is started.
struct Launch {
    std::string folder;                              ///< Its working directory; "" for the test's.
    std::map<std::string, std::string> environment;  ///< Added to HOME, PATH and TMPDIR only.
    std::size_t file_size_limit = 0;                 ///< RLIMIT_FSIZE in bytes; 0 for none.
};

/// A child process with its three streams as pipes. Killed and reaped where it still runs when this
/// dies. All waits end after a generous deadline by throwing, so that no test hangs.
class Program {
public:
    static constexpr std::chrono::seconds kPatience{30};

    Program(const std::vector<std::string>& arguments, const Launch& launch);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    void signal(int number) const;
    void write(std::string_view text);
    void close_input();
    /// The exit code; 128 + the signal where one ended it. Collects what was still printed.
    int wait();

    /// The next line of its output, or nullopt once that ended.
    std::optional<std::string> read_line(std::chrono::milliseconds patience = kPatience);
    /// Waits until stderr holds `text`, and gives what stderr holds then.
    std::string wait_for_error(std::string_view text);
    [[nodiscard]] std::string output();
    [[nodiscard]] std::string errors();

private:
    void collect(int fd, std::string& into, bool& ended);

    pid_t pid_ = -1;
    int input_ = -1;
    std::mutex mutex_;
    std::condition_variable grown_;
    std::string out_, err_;
    bool out_ended_ = false, err_ended_ = false;
    std::size_t read_ = 0;  ///< Of out_, by read_line.
    std::thread out_reader_, err_reader_;
};

/// What a program that ran to its end left.
struct Ran {
    int code = -1;
    std::string out;
    std::string err;
};

Ran run_program(const std::vector<std::string>& arguments, const Launch& launch,
                std::string_view input = "");

}  // namespace kimbap::test
