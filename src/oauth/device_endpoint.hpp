#pragma once

#include <chrono>
#include <string>

#include "async/task.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "oauth/client.hpp"
#include "oauth/provider.hpp"

namespace kimbap::net {
class HttpClient;
}

namespace kimbap::oauth {

/// What a device authorization endpoint answered (RFC 8628 section 3.2).
struct DeviceAuthorization {
    Secret device_code;
    std::string user_code;
    std::string verification_uri;
    std::string verification_uri_complete;  ///< "" where there is none.
    std::chrono::seconds expires_in{900};
    std::chrono::seconds interval{5};
};
[[nodiscard]] Task<Result<DeviceAuthorization>> ask_for_device_code(const Provider& provider,
                                                                    const Client& client,
                                                                    std::string endpoint,
                                                                    std::string scope,
                                                                    net::HttpClient& http);

}  // namespace kimbap::oauth
