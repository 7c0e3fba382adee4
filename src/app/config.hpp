#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "approval/notifiers/channel_config.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/yaml_reader.hpp"

namespace kimbap::app {

/// One operators' channel of `notify:`.
using NotifyChannel = approval::ChannelConfig;

/// Everything a process of kimbap is told from outside (contract section 3): the file, overridden
/// by the environment, overridden by flags. Paths are absolute or relative to the working
/// directory.
struct Config {
    std::string file;  ///< Where it came from; "" for none.
    std::string data_dir = "data";
    std::vector<std::string> manifests{"manifests"};
    std::vector<std::string> policies{"internal/policy"};
    std::string store = "sqlite";  ///< As store::StoreOptions::where.
    bool store_in_file = true;     ///< Not from the environment.

    struct Vault {
        std::string secret_file;
        std::int64_t pbkdf2_iterations = 600'000;
    } vault;

    struct Http {
        std::string listen = "127.0.0.1:8321";
        std::string public_url;  ///< "" : derived from `listen`.
        std::vector<std::string> allowed_origins;
        std::string socket_group;  ///< Whose members may connect to a unix: socket; "" : nobody's.
        std::string tls_certificate;
        std::string tls_key;
        std::string anonymous_agent;
        std::size_t max_body_bytes = 4'194'304;
    } http;

    struct Stdio {
        std::string agent = "local";
        std::vector<std::string> roles{"local"};
    } stdio;

    struct Egress {
        std::chrono::milliseconds timeout{30'000};
        std::size_t max_response_bytes = 16'777'216;
        std::vector<std::string> allow_private;
    } egress;

    struct Approvals {
        std::chrono::milliseconds hold{45'000};
        std::chrono::milliseconds expires{1'800'000};
        int required = 1;
        std::size_t max_pending = 100'000;  ///< In all; one more is refused.
        std::size_t max_pending_per_caller = 100;
    } approvals;
    struct Tasks {
        /// A call of a client that takes tasks becomes one where it runs for longer.
        std::chrono::milliseconds after{10'000};
    } tasks;

    std::vector<NotifyChannel> notify;
    bool audit_fsync = true;
    log::Level log_level = log::Level::info;
    log::Format log_format = log::Format::text;
};

/// What operators reach this server by, without a slash at its end: http.public_url, or what
/// http.listen makes of it; "" where it listens on a socket or on every address.
[[nodiscard]] std::string public_url(const Config& config);

/// Reads one environment variable; injected, so that tests need not touch the process's own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

/// Where the configuration is: `flag` if not empty, then $KIMBAP_CONFIG, ./kimbap.yaml,
/// $XDG_CONFIG_HOME/kimbap/kimbap.yaml (default ~/.config), /etc/kimbap/kimbap.yaml.
/// Errors: not_found, naming what was looked for and `kimbap init`.
[[nodiscard]] Result<std::string> find_config(const std::string& flag,
                                              const Environment& environment);

/// Parses and checks one configuration. Errors: invalid_config with every fault, one a line.
[[nodiscard]] Result<Config> parse_config(const std::string& file, std::string_view text,
                                          const Environment& environment);
/// find_config, read, parse_config.
[[nodiscard]] Result<Config> load_config(const std::string& flag, const Environment& environment);

}  // namespace kimbap::app
