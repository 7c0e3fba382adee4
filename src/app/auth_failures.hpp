#pragma once

#include <string_view>

namespace kimbap::net {
struct HttpRequest;
}

namespace kimbap::app {

class Gateway;

/// Writes an auth.failed record, without waiting for it: at most kMaxPerMinute a process, so that a
/// flood of bad tokens can't fill the log; what is left out is counted in the next record.
void record_auth_failure(Gateway& gateway, const net::HttpRequest& request,
                         std::string_view wanted);

}  // namespace kimbap::app
