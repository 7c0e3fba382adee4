#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kimbap::mcp {

/// Decides by Host and Origin whether a request may be meant for this server (Streamable HTTP,
/// Security): a web page can make a browser send requests here, under its own name by DNS
/// rebinding, but it can't choose these headers.
class HttpGuard {
public:
    /// `advice` goes into every refusal: how an operator allows more.
    HttpGuard(std::vector<std::string> allowed_hosts, std::vector<std::string> allowed_origins,
              std::string advice = "");

    /// Why the request is refused (403); nullopt: served. `origin` is nullopt where not sent.
    [[nodiscard]] std::optional<std::string> refusal(std::string_view host,
                                                     std::optional<std::string_view> origin) const;

private:
    [[nodiscard]] bool allows_host(std::string_view host) const;
    [[nodiscard]] bool allows_origin(std::string_view origin, std::string_view host) const;

    std::vector<std::string> hosts_;
    std::vector<std::string> origins_;
    std::string advice_;
};

}  // namespace kimbap::mcp
