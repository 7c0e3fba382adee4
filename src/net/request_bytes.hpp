#pragma once

#include <string>

#include "base/error.hpp"
#include "net/http_client.hpp"

namespace kimbap::net {

/// A request as it goes over the wire; wiped when this dies, since it may hold a credential.
class RequestBytes {
public:
    /// Errors: invalid_argument where the method, the target or a header would not stay what it is
    /// (a line break in it could begin another header or request). Never quotes a value.
    static Result<RequestBytes> of(const OutboundRequest& request);

    RequestBytes(RequestBytes&&) = default;
    RequestBytes& operator=(RequestBytes&&) = delete;
    ~RequestBytes();

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    explicit RequestBytes(std::string text) : text_(std::move(text)) {}

    std::string text_;
};

/// Overwrites what may be a credential: header values, the body and the target (a query may hold
/// one).
void wipe_request(OutboundRequest& request) noexcept;

}  // namespace kimbap::net
