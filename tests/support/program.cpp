#include "support/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace kimbap::test {

namespace {

struct Pipe {
    Pipe() {
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    }
    std::array<int, 2> ends{};
};

std::vector<std::string> environment_of(const Launch& launch) {
    std::vector<std::string> out;
    for (const char* name : {"HOME", "PATH", "TMPDIR", "ASAN_OPTIONS", "TSAN_OPTIONS"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && !launch.environment.contains(name)) {
            out.push_back(std::string(name) + "=" + value);
        }
    }
    for (const auto& [name, value] : launch.environment) out.push_back(name + "=" + value);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const Launch& launch) {
    Pipe in, out, err;
    std::vector<std::string> texts = arguments;
    std::vector<std::string> variables = environment_of(launch);
    const std::vector<char*> argv = pointers(texts);
    const std::vector<char*> envp = pointers(variables);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) {  // Only async-signal-safe calls until exec.
        ::dup2(in.ends[0], 0);
        ::dup2(out.ends[1], 1);
        ::dup2(err.ends[1], 2);
        if (!launch.folder.empty() && ::chdir(launch.folder.c_str()) != 0) ::_exit(126);
        if (launch.file_size_limit != 0) {
            const rlimit limit{launch.file_size_limit, launch.file_size_limit};
            ::setrlimit(RLIMIT_FSIZE, &limit);
        }
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(in.ends[0]);
    ::close(out.ends[1]);
    ::close(err.ends[1]);
    input_ = in.ends[1];
    out_reader_ = std::thread([this, fd = out.ends[0]] { collect(fd, out_, out_ended_); });
    err_reader_ = std::thread([this, fd = err.ends[0]] { collect(fd, err_, err_ended_); });
}

Program::~Program() {
    close_input();
    if (pid_ > 0) {
        signal(SIGKILL);
        int status = 0;
        ::waitpid(pid_, &status, 0);
    }
    if (out_reader_.joinable()) out_reader_.join();
    if (err_reader_.joinable()) err_reader_.join();
}

void Program::collect(int fd, std::string& into, bool& ended) {
    std::array<char, 65536> buffer{};
    while (true) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        const std::lock_guard lock(mutex_);
        if (got > 0) {
            into.append(buffer.data(), static_cast<std::size_t>(got));
        } else {
            ended = true;
        }
        grown_.notify_all();
        if (got <= 0) break;
    }
    ::close(fd);
}

void Program::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

void Program::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(input_, text.data(), text.size());
        if (put <= 0) throw std::runtime_error("the program does not read its input");
        text.remove_prefix(static_cast<std::size_t>(put));
    }
}

void Program::close_input() {
    if (input_ >= 0) ::close(input_);
    input_ = -1;
}

int Program::wait() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    int status = 0;
    while (true) {
        const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
        if (ended == pid_) break;
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("the program does not end; stderr: " + errors());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    pid_ = -1;
    out_reader_.join();
    err_reader_.join();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<std::string> Program::read_line(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    std::size_t end = std::string::npos;
    const auto ready = [&] {
        end = out_.find('\n', read_);
        return end != std::string::npos || out_ended_;
    };
    if (!grown_.wait_for(lock, patience, ready)) {
        throw std::runtime_error("no line came; stderr: " + err_);
    }
    if (end == std::string::npos) return std::nullopt;
    std::string line = out_.substr(read_, end - read_);
    read_ = end + 1;
    return line;
}

std::string Program::wait_for_error(std::string_view text) {
    std::unique_lock lock(mutex_);
    const auto there = [&] { return err_.find(text) != std::string::npos || err_ended_; };
    if (!grown_.wait_for(lock, kPatience, there) || err_.find(text) == std::string::npos) {
        throw std::runtime_error("stderr never said \"" + std::string(text) + "\" but: " + err_);
    }
    return err_;
}

std::string Program::output() {
    const std::lock_guard lock(mutex_);
    return out_;
}

std::string Program::errors() {
    const std::lock_guard lock(mutex_);
    return err_;
}

Ran run_program(const std::vector<std::string>& arguments, const Launch& launch,
                std::string_view input) {
    Program program(arguments, launch);
    program.write(input);
    program.close_input();
    Ran ran;
    ran.code = program.wait();
    ran.out = program.output();
    ran.err = program.errors();
    return ran;
}

}  // namespace kimbap::test
