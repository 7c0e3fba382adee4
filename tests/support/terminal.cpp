#include "support/terminal.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kimbap::test {

namespace {

[[noreturn]] void become_kimbap(const std::string& folder,
                                const std::vector<std::string>& arguments) {
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    std::string program = KIMBAP_BINARY;
    std::vector<std::string> texts = arguments;
    std::vector<char*> pointers{program.data()};
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    ::execv(program.c_str(), pointers.data());
    ::_exit(127);
}

}  // namespace

Terminal on_terminal(const Installation& kimbap, const std::vector<std::string>& arguments,
                     std::string_view prompt, const std::vector<std::string>& typed,
                     const std::function<void()>& thinking) {
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (child == 0) become_kimbap(kimbap.path(""), arguments);
    Terminal out;
    std::size_t answered = 0;
    std::size_t read_to = 0;
    char buffer[4096];
    for (;;) {
        pollfd ready{terminal, POLLIN, 0};
        if (::poll(&ready, 1, 30'000) <= 0) break;
        const ssize_t got = ::read(terminal, buffer, sizeof buffer);
        if (got <= 0) break;
        out.shown.append(buffer, static_cast<std::size_t>(got));
        const std::size_t at = out.shown.find(prompt, read_to);
        if (at == std::string::npos || answered == typed.size()) continue;
        read_to = at + prompt.size();
        thinking();
        const std::string& answer = typed[answered++];
        if (::write(terminal, answer.data(), answer.size()) < 0) break;
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(terminal);
    out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return out;
}

}  // namespace kimbap::test
