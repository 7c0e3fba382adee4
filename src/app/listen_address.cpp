#include "app/listen_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstdint>

namespace kimbap::app {

namespace {

constexpr std::string_view kUnix = "unix:";

Error not_one(std::string_view text) {
    return make_error(Errc::invalid_config,
                      "\"" + std::string(text) +
                          "\" is not ADDRESS:PORT (like 127.0.0.1:8321 or 0.0.0.0:8321) or "
                          "unix:PATH");
}

}  // namespace

bool ListenAddress::is_local() const {
    return is_unix() || endpoint.address().is_loopback();
}

bool ListenAddress::is_open_ended() const {
    return !is_unix() && (endpoint.address().is_unspecified() || endpoint.port() == 0);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
    ListenAddress out;
    if (text.starts_with(kUnix)) {
        out.unix_path = text.substr(kUnix.size());
        if (out.unix_path.empty()) return not_one(text);
        return out;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return not_one(text);
    std::string_view host = text.substr(0, colon);
    if (host == "localhost") {
        host = "127.0.0.1";
    } else if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return not_one(text);  // ::1:80 is an address as a whole
    }
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(host, error);
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + colon + 1, end, port);
    // Out of range it reads on to the end, too, and leaves a 0, which would be any port.
    if (error || read.ec != std::errc{} || read.ptr != end) return not_one(text);
    out.endpoint = {address, port};
    return out;
}

}  // namespace kimbap::app
