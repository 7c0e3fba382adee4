#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/program.hpp"
#include "support/temp_folder.hpp"

namespace kimbap::test {

/// A kimbap installation in a folder of its own, driven through the real binary.
class Installation {
public:
    /// Writes a configuration, a vault secret and empty folders; `config` is added to it.
    explicit Installation(std::string_view config = "");

    [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
    void write(const std::string& name, std::string_view text) const;
    [[nodiscard]] std::string read(const std::string& name) const;
    /// A manifest of this name, with its base_url filled in for @BASE@.
    void manifest(const std::string& name, std::string text, const std::string& base = "") const;
    void policy(const std::string& name, std::string_view text) const;
    void config(std::string_view text) const { write("kimbap.yaml", text); }

    /// Runs one command to its end.
    [[nodiscard]] Ran kimbap(std::vector<std::string> arguments, std::string_view input = "") const;
    /// As above, and throws with its stderr where it failed. Gives stdout.
    std::string must(std::vector<std::string> arguments, std::string_view input = "") const;
    /// Its `--json` answer.
    boost::json::value json(std::vector<std::string> arguments) const;
    [[nodiscard]] std::unique_ptr<Program> start(std::vector<std::string> arguments) const;

    [[nodiscard]] std::string agent_token(const std::string& agent,
                                          std::vector<std::string> more = {}) const;
    [[nodiscard]] std::string operator_token(const std::string& name) const;
    /// The log's records, oldest first.
    [[nodiscard]] std::vector<boost::json::object> audit() const;
    /// How many of them are of this kind.
    [[nodiscard]] std::size_t recorded(std::string_view kind) const;

    /// An executable for fault tests (tests/support/armed_failpoints.cpp).
    [[nodiscard]] static std::string failing_binary();

    std::string binary;  ///< What is run: kimbap, where not set.
    std::map<std::string, std::string> environment;
    std::size_t file_size_limit = 0;

private:
    [[nodiscard]] Launch launch() const;
    TempFolder folder_;
};

/// `kimbap serve` on a free port.
class Serving {
public:
    explicit Serving(const Installation& installation);
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] int port() const noexcept { return port_; }
    Program& program() { return *program_; }
    /// SIGTERM, then the exit code.
    int stop();

private:
    std::unique_ptr<Program> program_;
    std::string url_;
    int port_ = 0;
};

/// Looks until `done` says so, every `pause`; throws when that takes too long.
template <class Condition>
void eventually(const std::string& what, Condition done,
                std::chrono::milliseconds pause = std::chrono::milliseconds{5}) {
    const auto deadline = std::chrono::steady_clock::now() + Program::kPatience;
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("waited in vain for " + what);
        }
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace kimbap::test
