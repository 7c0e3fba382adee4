#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/assets.hpp"
#include "base/json_text.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::cli {

namespace {

namespace fs = std::filesystem;

/// Manifests that work without a key: what a new installation starts with.
constexpr std::string_view kKeyless[] = {"manifests/open-meteo.yaml", "manifests/wikipedia.yaml",
                                         "manifests/hacker-news.yaml"};

constexpr std::string_view kConfig =
    R"yaml(# kimbap's configuration. Paths are relative to this file; environment variables and flags override
# it (kimbap --help). Every key has a default: what is here is what you are likely to change.
data_dir: ./data                # KIMBAP_DATA_DIR
manifests: [manifests]          # files or folders: what agents can call
policies: [internal/policy]     # files or folders: what they may
vault:
  secret_file: vault.secret     # KIMBAP_VAULT_SECRET_FILE; keep a copy: without it no secret opens
http:
  listen: 127.0.0.1:8321        # KIMBAP_LISTEN
stdio: {agent: local, roles: [local]}   # who `kimbap mcp` calls as, without KIMBAP_TOKEN
egress:
  timeout: 30s
  allow_private: []             # networks or host:port that manifests may reach though private
approvals: {hold: 45s, expires: 30m, required: 1}
# notify:                       # operators' channels (webhook, slack, telegram, email: see
#                               # docs/notifications.md), named by policy in approval.channels
#   - {name: ops-hook, type: webhook, url: https://example.com/hook, secret_ref: notify.webhook}
)yaml";

struct NewFile {
    std::string path;
    std::string text;
    mode_t mode = 0644;
};

Result<void> create(const NewFile& file) {
    std::error_code error;
    const fs::path parent = fs::path(file.path).parent_path();
    if (!parent.empty()) fs::create_directories(parent, error);
    const int fd = ::open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.mode);
    if (fd < 0) {
        return make_error(errno == EEXIST ? Errc::already_exists : Errc::storage_failure,
                          file.path + ": " + std::strerror(errno));
    }
    const auto written = ::write(fd, file.text.data(), file.text.size());
    const bool whole = written == static_cast<ssize_t>(file.text.size()) && ::fsync(fd) == 0;
    ::close(fd);
    if (!whole) ::unlink(file.path.c_str());
    if (!whole) return make_error(Errc::storage_failure, file.path + ": can't be written");
    return {};
}

/// All of them or none.
Result<void> create_all(const std::vector<NewFile>& files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        Result<void> created = create(files[i]);
        if (created) continue;
        for (std::size_t made = 0; made < i; ++made) ::unlink(files[made].path.c_str());
        return created;
    }
    return {};
}

std::vector<NewFile> plan(const fs::path& folder, const std::string& config_name,
                          const std::vector<std::string>& with, std::string& unknown) {
    std::vector<NewFile> files;
    files.push_back({(folder / config_name).string(), std::string(kConfig), 0644});
    for (const app::Asset& asset : app::embedded_files()) {
        const bool keyless =
            std::find(std::begin(kKeyless), std::end(kKeyless), asset.path) != std::end(kKeyless);
        const std::string name = fs::path(asset.path).stem().string();
        const bool asked = std::find(with.begin(), with.end(), name) != with.end() ||
                           std::find(with.begin(), with.end(), "all") != with.end();
        if (asset.path.starts_with("manifests/") && !keyless && !asked) continue;
        // Always known to the binary; a copy here would stop following it.
        if (asset.path.starts_with("manifests/providers/")) continue;
        files.push_back({(folder / asset.path).string(), std::string(asset.text), 0644});
    }
    for (const std::string& name : with) {
        const auto& shipped = app::embedded_files();
        const bool known =
            name == "all" ||
            std::any_of(shipped.begin(), shipped.end(), [&](const app::Asset& asset) {
                return asset.path == "manifests/" + name + ".yaml";
            });
        if (!known) unknown = name;
    }
    return files;
}

std::string self() {
    std::error_code error;
    const fs::path path = fs::read_symlink("/proc/self/exe", error);
    return error ? "kimbap" : path.string();
}

void run(Context& context, const std::vector<std::string>& with) {
    // Where the commands after it look: as they do.
    const auto named = context.environment("KIMBAP_CONFIG");
    const fs::path config = fs::absolute(!context.config_flag.empty() ? context.config_flag
                                         : named                      ? *named
                                                                      : "kimbap.yaml");
    const fs::path folder = config.parent_path();
    const auto elsewhere = context.environment("KIMBAP_VAULT_SECRET_FILE");
    const std::string secret_file =
        elsewhere ? fs::absolute(*elsewhere).string() : (folder / "vault.secret").string();
    ::umask(::umask(0) | S_IWGRP | S_IWOTH);  // nobody else writes policy or manifests
    std::string unknown;
    std::vector<NewFile> files = plan(folder, config.filename().string(), with, unknown);
    if (!unknown.empty()) {
        return report(context, Exit::usage, "no manifest named \"" + unknown + "\" is shipped");
    }
    Secret secret = vault::generate_vault_secret();
    files.push_back({secret_file, std::string(secret.reveal()) + "\n", 0600});
    for (const NewFile& file : files) {
        if (fs::exists(file.path)) {
            return report(context, Exit::failed,
                          file.path +
                              " exists already: nothing was written (kimbap never overwrites; "
                              "choose another folder, or move it away)");
        }
    }
    const Result<void> created = create_all(files);
    if (!created) return report(context, created.error());
    std::error_code error;
    fs::create_directories(folder / "manifests", error);
    fs::create_directories(folder / "data", error);
    ::chmod((folder / "data").c_str(), 0700);

    const json::object server{{"command", self()}, {"args", {"--config", config.string(), "mcp"}}};
    const json::object snippet{{"mcpServers", {{"kimbap", server}}}};
    if (context.json) {
        json::array written;
        for (const NewFile& file : files) written.emplace_back(file.path);
        return print_json(json::object{
            {"config", config.string()}, {"files", std::move(written)}, {"mcp_config", snippet}});
    }
    print("Wrote:");
    for (const NewFile& file : files) print("  " + file.path);
    print("\nPaste this into your agent's MCP configuration:\n");
    print(to_pretty_json(snippet));
    print("\nNext:");
    print("  kimbap --config " + config.string() + " doctor           check the installation");
    print("  kimbap --config " + config.string() + " service list     what agents can call");
    print("  kimbap --config " + config.string() + " vault set REF    store a credential");
}

}  // namespace

void add_init(CLI::App& root, Context& context) {
    auto* command = root.add_subcommand(
        "init", "Lay out a new installation: configuration, policy, manifests, vault secret");
    auto with = std::make_shared<std::vector<std::string>>();
    command
        ->add_option("--with", *with,
                     "Shipped manifests to add to the keyless ones: github, slack, …, or all")
        ->delimiter(',');
    command->footer(
        "Writes kimbap.yaml (or the --config file) and what it names beside it; never "
        "overwrites a file.");
    add_json_flag(*command, context);
    command->callback([&context, with] { run(context, *with); });
}

}  // namespace kimbap::cli
