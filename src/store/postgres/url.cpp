#include "store/postgres/url.hpp"

#include <cstdlib>
#include <map>
#include <sstream>
#include <string_view>

#include "store/postgres/pq_library.hpp"

namespace kimbap::store::postgres {

namespace {

constexpr const char* kAuthorities = "/etc/ssl/certs/ca-certificates.crt";

using Options = std::map<std::string, std::string, std::less<>>;

/// What the URL says.
Result<Options> options_of(const std::string& url) {
    const auto library = pq_library();
    if (!library) return library.error();
    char* reason = nullptr;  // may quote the URL
    PQconninfoOption* const parsed = (*library)->conninfo_parse(url.c_str(), &reason);
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

bool is_local(std::string_view host) {
    return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
           host == "::1" || host.starts_with("127.");
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
    const char* const host = options.contains("host") ? nullptr : std::getenv("PGHOST");
    return host == nullptr || is_local(host);
}

}  // namespace

Result<Parameters> parameters_of(const std::string& url) {
    const auto options = options_of(url);
    if (!options) return options.error();
    // A peer that has gone is noticed within seconds.
    Parameters out{{"connect_timeout", "10"},     {"keepalives_idle", "10"},
                   {"keepalives_interval", "5"},  {"keepalives_count", "3"},
                   {"tcp_user_timeout", "15000"}, {"application_name", "kimbap"}};
    const bool said = options->contains("sslmode") || std::getenv("PGSSLMODE") != nullptr;
    if (!said && !stays_here(*options)) {
        out.emplace_back("sslmode", "verify-full");
        if (!options->contains("sslrootcert") && std::getenv("PGSSLROOTCERT") == nullptr) {
            out.emplace_back("sslrootcert", kAuthorities);
        }
    }
    out.emplace_back("dbname", url);
    return out;
}

bool has_password(const std::string& url) {
    const auto options = options_of(url);
    return options && options->contains("password");
}

}  // namespace kimbap::store::postgres
