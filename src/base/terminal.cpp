#include "base/terminal.hpp"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <string_view>

namespace kimbap {

namespace {

/// Keeps what is typed from being shown for as long as it lives.
class NoEcho {
public:
    NoEcho() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        // What was typed ahead was shown: it is dropped.
        changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
    }
    NoEcho(const NoEcho&) = delete;
    NoEcho& operator=(const NoEcho&) = delete;
    ~NoEcho() {
        if (changed_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
    [[nodiscard]] bool works() const noexcept { return changed_; }

private:
    termios before_{};
    bool changed_ = false;
};

}  // namespace

bool has_terminal() noexcept {
    return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
}

Result<Secret> ask_hidden(const std::string& prompt) {
    const NoEcho quiet;
    if (!quiet.works()) {
        return make_error(Errc::invalid_argument, "there is no terminal to ask on");
    }
    std::cerr << prompt << std::flush;
    std::array<char, 4096> line{};
    ssize_t got = 0;
    do {
        got = ::read(STDIN_FILENO, line.data(), line.size());
    } while (got < 0 && errno == EINTR);
    std::cerr << '\n';
    std::string_view typed(line.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    while (typed.ends_with('\n') || typed.ends_with('\r')) typed.remove_suffix(1);
    Secret secret(typed);
    wipe(line.data(), line.size());
    if (secret.empty()) return make_error(Errc::invalid_argument, "nothing was typed");
    return secret;
}

}  // namespace kimbap
