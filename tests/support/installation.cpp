#include "support/installation.hpp"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "base/json_text.hpp"

namespace kimbap::test {

namespace {

constexpr std::string_view kConfig = R"(data_dir: data
manifests: [manifests]
policies: [policy]
vault: {secret_file: vault.secret, pbkdf2_iterations: 100000}
)";

}  // namespace

Installation::Installation(std::string_view config) {
    std::filesystem::create_directories(path("manifests"));
    std::filesystem::create_directories(path("policy"));
    write("kimbap.yaml", std::string(kConfig) + std::string(config));
    write("vault.secret", "correct horse battery staple, and then some\n");
    std::filesystem::permissions(path("vault.secret"), std::filesystem::perms::owner_read |
                                                           std::filesystem::perms::owner_write);
}

void Installation::write(const std::string& name, std::string_view text) const {
    // By rename, as editors do: a running kimbap must never see half a file.
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    const std::string fresh = path("." + std::to_string(std::hash<std::string>{}(name)) + ".new");
    {
        std::ofstream out(fresh, std::ios::binary);
        out << text;
        if (!out.flush()) throw std::runtime_error("cannot write " + fresh);
    }
    std::filesystem::rename(fresh, path(name));
}

std::string Installation::read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void Installation::manifest(const std::string& name, std::string text,
                            const std::string& base) const {
    const std::size_t at = text.find("@BASE@");
    if (at != std::string::npos) text.replace(at, 6, base);
    write("manifests/" + name + ".yaml", text);
}

void Installation::policy(const std::string& name, std::string_view text) const {
    write("policy/" + name + ".yaml", text);
}

std::string Installation::failing_binary() {
    return KIMBAP_FAILING_BINARY;
}

Launch Installation::launch() const {
    return Launch{folder_.path(), environment, file_size_limit};
}

Ran Installation::kimbap(std::vector<std::string> arguments, std::string_view input) const {
    arguments.insert(arguments.begin(), binary.empty() ? KIMBAP_BINARY : binary);
    return run_program(arguments, launch(), input);
}

std::string Installation::must(std::vector<std::string> arguments, std::string_view input) const {
    const std::string command = arguments.empty() ? "" : arguments.front();
    const Ran ran = kimbap(std::move(arguments), input);
    if (ran.code != 0) {
        throw std::runtime_error("kimbap " + command + " exits " + std::to_string(ran.code) + ": " +
                                 ran.err + ran.out);
    }
    return ran.out;
}

boost::json::value Installation::json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    return parse_json(must(std::move(arguments))).value();
}

std::unique_ptr<Program> Installation::start(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), binary.empty() ? KIMBAP_BINARY : binary);
    return std::make_unique<Program>(arguments, launch());
}

std::string Installation::agent_token(const std::string& agent,
                                      std::vector<std::string> more) const {
    std::vector<std::string> arguments{"token", "create", "--agent", agent};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::string token = must(std::move(arguments));
    return token.substr(0, token.find('\n'));
}

std::string Installation::operator_token(const std::string& name) const {
    const std::string token = must({"token", "create", "--operator", name});
    return token.substr(0, token.find('\n'));
}

std::vector<boost::json::object> Installation::audit() const {
    std::istringstream lines(must({"audit", "export"}));
    std::vector<boost::json::object> out;
    for (std::string line; std::getline(lines, line);) {
        out.push_back(parse_json(line).value().as_object());
    }
    return out;
}

std::size_t Installation::recorded(std::string_view kind) const {
    std::size_t count = 0;
    for (const boost::json::object& record : audit())
        count += record.at("kind").as_string() == kind;
    return count;
}

Serving::Serving(const Installation& installation)
    : program_(installation.start({"serve", "--listen", "127.0.0.1:0"})) {
    constexpr std::string_view mark = "listen=\"127.0.0.1:";
    const std::string log = program_->wait_for_error("listen=\"127.0.0.1:");
    const std::size_t at = log.find(mark) + mark.size();
    port_ = std::stoi(log.substr(at));
    url_ = "http://127.0.0.1:" + std::to_string(port_);
}

int Serving::stop() {
    program_->signal(SIGTERM);
    return program_->wait();
}

}  // namespace kimbap::test
