#include "mcp/relay/target.hpp"

#include <utility>

namespace kimbap::mcp::relay {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kPath = "/mcp";
/// Of a Unix domain socket's path (sockaddr_un, with its final NUL).
constexpr std::size_t kMaxUnixPath = 107;

}  // namespace

Result<Target> parse_target(std::string_view text) {
    Target target;
    target.name = std::string(text);
    if (text.starts_with(kUnix)) {
        target.unix_path = std::string(text.substr(kUnix.size()));
        if (target.unix_path.empty() || target.unix_path.size() > kMaxUnixPath) {
            return make_error(Errc::invalid_argument,
                              "\"" + target.name + "\" is not unix:PATH with a path of at most " +
                                  std::to_string(kMaxUnixPath) + " bytes");
        }
        target.url.host = "localhost";
        target.url.target = std::string(kPath);
        return target;
    }
    auto url = net::parse_url(text);
    if (!url) {
        return make_error(
            Errc::invalid_argument,
            url.error().message + " (name the server like http://127.0.0.1:8321, or unix:PATH)");
    }
    target.url = std::move(*url);
    if (target.url.target == "/") target.url.target = std::string(kPath);
    return target;
}

}  // namespace kimbap::mcp::relay
