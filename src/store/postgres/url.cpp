#include "store/postgres/url.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string_view>

#include "store/postgres/pq_library.hpp"

namespace kimbap::store::postgres {

namespace {

constexpr const char* kAuthorities = "/etc/ssl/certs/ca-certificates.crt";

using Options = std::map<std::string, std::string, std::less<>>;

/// An `@` after the host began: of a password that isn't percent-encoded, libpq takes a part for a
/// host or a port, and says it in its errors.
bool has_stray_at(std::string_view url) {
    url.remove_prefix(std::min(url.find("://") + 3, url.size()));
    url = url.substr(0, url.find('?'));
    const std::size_t slash = std::min(url.find('/'), url.size());
    const std::size_t first = url.find('@');
    return first != url.npos && (first > slash || url.find('@', first + 1) != url.npos);
}

/// What the URL says.
Result<Options> options_of(const std::string& url) {
    const auto library = pq_library();
    if (!library) return library.error();
    char* reason = nullptr;  // may quote the URL
    PQconninfoOption* const parsed =
        has_stray_at(url) ? nullptr : (*library)->conninfo_parse(url.c_str(), &reason);
    (*library)->freemem(reason);
    if (parsed == nullptr) {
        return make_error(Errc::invalid_config,
                          "not a PostgreSQL URL (like postgresql://kimbap@db.example/kimbap; "
                          "percent-encode what is special in a password)");
    }
    Options out;
    for (const PQconninfoOption* option = parsed; option->keyword != nullptr; ++option) {
        if (option->val != nullptr) out[option->keyword] = option->val;
    }
    (*library)->conninfo_free(parsed);
    return out;
}

std::string_view environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

bool is_local(std::string_view host) {
    const bool loopback =
        host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
           host == "::1" || loopback;
}

/// Whether each of the hosts, of which there may be several, is this machine.
bool stays_here(const Options& options) {
    for (const char* name : {"host", "hostaddr"}) {
        const auto found = options.find(name);
        std::istringstream hosts(found == options.end() ? "" : found->second);
        for (std::string host; std::getline(hosts, host, ',');) {
            if (!is_local(host)) return false;
        }
    }
    // Of a service file nobody knows here what it says.
    if (options.contains("service") || std::getenv("PGSERVICE") != nullptr) return false;
    const bool named = options.contains("host") || options.contains("hostaddr");
    return named || (is_local(environment("PGHOST")) && is_local(environment("PGHOSTADDR")));
}

}  // namespace

Result<Parameters> parameters_of(const std::string& url) {
    const auto options = options_of(url);
    if (!options) return options.error();
    // A peer that has gone is noticed within seconds.
    Parameters out{{"connect_timeout", "10"},     {"keepalives_idle", "10"},
                   {"keepalives_interval", "5"},  {"keepalives_count", "3"},
                   {"tcp_user_timeout", "15000"}, {"application_name", "kimbap"}};
    const auto found = options->find("sslmode");
    std::string mode(found != options->end() ? found->second : environment("PGSSLMODE"));
    if (mode.empty() && !stays_here(*options)) {
        mode = "verify-full";
        out.emplace_back("sslmode", mode);
    }
    if (mode.starts_with("verify-") && environment("PGSSLROOTCERT").empty()) {
        out.emplace_back("sslrootcert", kAuthorities);
    }
    out.emplace_back("dbname", url);
    return out;
}

bool has_password(const std::string& url) {
    const auto options = options_of(url);
    return options && options->contains("password");
}

}  // namespace kimbap::store::postgres
