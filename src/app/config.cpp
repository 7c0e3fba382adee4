#include "app/config.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "app/listen_address.hpp"
#include "app/notify_config.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "net/url.hpp"
#include "store/store.hpp"
#include "vault/key_derivation.hpp"

namespace kimbap::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxBodyLimit = 256U << 20;
constexpr std::int64_t kMaxPendingLimit = 10'000'000;
constexpr std::size_t kMaxResponseLimit = 1U << 30;

std::chrono::milliseconds duration(const YamlReader& reader, std::chrono::milliseconds fallback,
                                   std::chrono::milliseconds minimum) {
    if (reader.absent()) return fallback;
    const auto value = parse_duration(reader.string());
    if (!value) {
        reader.fault("not a duration (write it like 250ms, 30s, 15m or 24h)");
        return fallback;
    }
    if (*value < minimum) {
        reader.fault("too short (at least " + format_duration(minimum) + ")");
        return fallback;
    }
    return *value;
}

/// `scheme://host` or `scheme://host:port`, as browsers and what is built of them send it in Origin
/// (RFC 6454 section 6.2).
bool is_origin(std::string_view text) {
    const std::size_t slashes = text.find("://");
    if (slashes == std::string_view::npos || slashes == 0) return false;
    const std::string_view host = text.substr(slashes + 3);
    const auto upper_or_odd = [](char c) {
        return c <= ' ' || c >= 0x7f || (c >= 'A' && c <= 'Z') || c == '/' || c == '?' ||
               c == '#' || c == '@' || c == '*';
    };
    return !host.empty() && std::none_of(host.begin(), host.end(), upper_or_odd);
}

/// Whether a section is there: one whose keys are all commented out is not.
bool given(const YamlReader& section) {
    return !section.absent() && !section.is_null();
}

class Parser {
public:
    Parser(const std::string& file, Config& config)
        : folder_(fs::path(file).parent_path()), config_(config) {}

    void read(const YamlReader& root) {
        if (!root.expect_map({"data_dir", "manifests", "policies", "store", "vault", "http",
                              "stdio", "egress", "approvals", "tasks", "notify", "audit", "log"})) {
            return;
        }
        config_.data_dir = resolve(root.get("data_dir").string("./data"));
        config_.manifests = paths(root.get("manifests"), config_.manifests);
        config_.policies = paths(root.get("policies"), config_.policies);
        config_.store = root.get("store").string(config_.store);
        read_vault(root.get("vault"));
        read_http(root.get("http"));
        read_stdio(root.get("stdio"));
        read_egress(root.get("egress"));
        read_approvals(root.get("approvals"));
        read_tasks(root.get("tasks"));
        read_notify(root.get("notify"));
        read_audit(root.get("audit"));
        read_log(root.get("log"));
    }

private:
    std::string resolve(const std::string& path) const {
        if (path.empty() || fs::path(path).is_absolute()) return path;
        return (folder_ / path).lexically_normal().string();
    }

    std::vector<std::string> paths(const YamlReader& reader,
                                   std::vector<std::string> fallback) const {
        std::vector<std::string> found = reader.absent() ? std::move(fallback) : reader.strings();
        for (std::string& path : found) path = resolve(path);
        return found;
    }

    void read_vault(const YamlReader& reader) {
        config_.vault.secret_file = resolve("vault.secret");
        if (!given(reader) || !reader.expect_map({"secret_file", "pbkdf2_iterations"})) return;
        config_.vault.secret_file = resolve(reader.get("secret_file").string("vault.secret"));
        config_.vault.pbkdf2_iterations =
            reader.get("pbkdf2_iterations")
                .integer(600'000, vault::kMinIterations, vault::kMaxIterations);
    }

    void read_http(const YamlReader& reader) {
        if (!given(reader) ||
            !reader.expect_map({"listen", "public_url", "allowed_origins", "tls", "anonymous_agent",
                                "max_body_bytes", "socket_group"})) {
            return;
        }
        Config::Http& http = config_.http;
        http.listen = reader.get("listen").string(http.listen);
        http.public_url = reader.get("public_url").string();
        if (!http.public_url.empty() && !net::parse_url(http.public_url)) {
            reader.get("public_url").fault("not a URL (write it like https://kimbap.example.com)");
        }
        http.allowed_origins = reader.get("allowed_origins").strings();
        for (const std::string& origin : http.allowed_origins) {
            if (origin == "*" || is_origin(origin)) continue;
            reader.get("allowed_origins")
                .fault("\"" + origin + "\" is no origin (write it like https://app.example.com)");
        }
        http.anonymous_agent = reader.get("anonymous_agent").string();
        http.socket_group = reader.get("socket_group").string();
        http.max_body_bytes = static_cast<std::size_t>(
            reader.get("max_body_bytes")
                .integer(static_cast<std::int64_t>(http.max_body_bytes), 1024, kMaxBodyLimit));
        const YamlReader tls = reader.get("tls");
        if (given(tls) && tls.expect_map({"certificate", "key"})) {
            http.tls_certificate = resolve(tls.require("certificate").string());
            http.tls_key = resolve(tls.require("key").string());
        }
    }

    void read_stdio(const YamlReader& reader) {
        if (!given(reader) || !reader.expect_map({"agent", "roles"})) return;
        config_.stdio.agent = reader.get("agent").string(config_.stdio.agent);
        if (config_.stdio.agent.empty()) reader.get("agent").fault("empty (name the agent)");
        if (!reader.get("roles").absent()) config_.stdio.roles = reader.get("roles").strings();
    }

    void read_egress(const YamlReader& reader) {
        if (!given(reader) ||
            !reader.expect_map({"timeout", "max_response_bytes", "allow_private"})) {
            return;
        }
        Config::Egress& egress = config_.egress;
        egress.timeout =
            duration(reader.get("timeout"), egress.timeout, std::chrono::milliseconds{1});
        egress.max_response_bytes = static_cast<std::size_t>(
            reader.get("max_response_bytes")
                .integer(static_cast<std::int64_t>(egress.max_response_bytes), 1,
                         kMaxResponseLimit));
        egress.allow_private = reader.get("allow_private").strings();
    }

    void read_tasks(const YamlReader& reader) {
        if (!given(reader) || !reader.expect_map({"after"})) return;
        config_.tasks.after =
            duration(reader.get("after"), config_.tasks.after, std::chrono::milliseconds{0});
    }

    void read_approvals(const YamlReader& reader) {
        if (!given(reader) || !reader.expect_map({"hold", "expires", "required", "max_pending",
                                                  "max_pending_per_caller"})) {
            return;
        }
        Config::Approvals& approvals = config_.approvals;
        approvals.hold = duration(reader.get("hold"), approvals.hold, std::chrono::milliseconds{0});
        approvals.expires =
            duration(reader.get("expires"), approvals.expires, std::chrono::milliseconds{1});
        approvals.required = static_cast<int>(reader.get("required").integer(1, 1, 10));
        const auto limit = [&](const char* key, std::size_t fallback) {
            return static_cast<std::size_t>(
                reader.get(key).integer(static_cast<std::int64_t>(fallback), 1, kMaxPendingLimit));
        };
        approvals.max_pending = limit("max_pending", approvals.max_pending);
        approvals.max_pending_per_caller =
            limit("max_pending_per_caller", approvals.max_pending_per_caller);
    }

    void read_notify(const YamlReader& reader) {
        std::set<std::string> names;
        for (const YamlReader& entry : reader.elements()) {
            auto channel = read_channel(entry);
            if (!channel) continue;
            if (!names.insert(channel->name).second) {
                entry.get("name").fault("a second channel named \"" + channel->name +
                                        "\" (names are unique)");
            }
            config_.notify.push_back(std::move(*channel));
        }
    }

    void read_audit(const YamlReader& reader) {
        if (!given(reader) || !reader.expect_map({"fsync"})) return;
        config_.audit_fsync = reader.get("fsync").boolean(true);
    }

    void read_log(const YamlReader& reader) {
        if (!given(reader) || !reader.expect_map({"level", "format"})) return;
        constexpr std::array<std::string_view, 5> levels{"debug", "info", "warn", "error", "off"};
        constexpr std::array<std::string_view, 2> formats{"text", "json"};
        config_.log_level = static_cast<log::Level>(reader.get("level").choice(levels, 1));
        config_.log_format = static_cast<log::Format>(reader.get("format").choice(formats, 0));
    }

    fs::path folder_;
    Config& config_;
};

void apply_environment(Config& config, const Environment& environment) {
    if (const auto value = environment("KIMBAP_DATA_DIR")) config.data_dir = *value;
    if (const auto value = environment("KIMBAP_STORE")) {
        config.store = *value;
        config.store_in_file = false;
    }
    if (const auto value = environment("KIMBAP_VAULT_SECRET_FILE"))
        config.vault.secret_file = *value;
    if (const auto value = environment("KIMBAP_LISTEN")) config.http.listen = *value;
}

/// What holds whatever the file and the environment said, and whichever of them said it.
void check_whole(const Config& config, const Environment& environment, Faults& faults) {
    const auto add = [&](std::string message) {
        faults.push_back({config.file, 0, 0, std::move(message)});
    };
    const auto add_of = [&](const char* variable, const std::string& key, const Error& error) {
        if (!environment(variable)) return add(key + ": " + error.message);
        faults.push_back({variable, 0, 0, error.message});
    };
    const Result<void> known = store::check_store(config.store);
    if (!known) add_of("KIMBAP_STORE", "store", known.error());
    const auto listen = parse_listen_address(config.http.listen);
    if (!listen) add_of("KIMBAP_LISTEN", "http.listen", listen.error());
    if (!config.http.anonymous_agent.empty() && listen && !listen->is_local()) {
        add("http.anonymous_agent: unauthenticated requests are only served on loopback (listen on "
            "127.0.0.1, or remove it and give agents tokens)");
    }
    if (config.data_dir.empty()) add("data_dir: empty (name a folder)");
}

}  // namespace

std::string public_url(const Config& config) {
    std::string url = config.http.public_url;
    const std::string& listen = config.http.listen;
    if (url.empty()) {
        const auto address = parse_listen_address(listen);
        if (!address || address->is_unix() || address->is_open_ended()) return "";
        url = (config.http.tls_certificate.empty() ? "http://" : "https://") + listen;
    }
    while (url.ends_with('/')) url.pop_back();
    return url;
}

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr || *value == '\0') return std::nullopt;
        return std::string(value);
    };
}

Result<std::string> find_config(const std::string& flag, const Environment& environment) {
    if (!flag.empty()) return flag;
    if (const auto named = environment("KIMBAP_CONFIG")) return *named;
    std::vector<std::string> places{"kimbap.yaml"};
    if (const auto xdg = environment("XDG_CONFIG_HOME")) {
        places.push_back(*xdg + "/kimbap/kimbap.yaml");
    } else if (const auto home = environment("HOME")) {
        places.push_back(*home + "/.config/kimbap/kimbap.yaml");
    }
    places.push_back("/etc/kimbap/kimbap.yaml");
    for (const std::string& place : places) {
        std::error_code error;
        if (fs::exists(place, error)) return place;
    }
    return make_error(Errc::not_found, "no configuration found (looked for " + join(places, ", ") +
                                           "): run `kimbap init`, or name one with --config FILE");
}

Result<Config> parse_config(const std::string& file, std::string_view text,
                            const Environment& environment) {
    Config config;
    config.file = file;
    Faults faults;
    const auto document = parse_yaml_config(file, text, faults);
    if (document) {
        const YamlReader root(*document, config.file, faults);
        if (!root.is_null()) Parser(file, config).read(root);  // an empty file sets nothing
    }
    apply_environment(config, environment);
    if (document) check_whole(config, environment, faults);
    if (!faults.empty()) return make_error(Errc::invalid_config, to_string(faults));
    return config;
}

Result<Config> load_config(const std::string& flag, const Environment& environment) {
    const auto file = find_config(flag, environment);
    if (!file) return make_error(Errc::invalid_config, file.error().message);
    const auto text = read_file(*file);
    if (!text) return make_error(Errc::invalid_config, text.error().message);
    return parse_config(*file, *text, environment);
}

}  // namespace kimbap::app
