#pragma once

#include <chrono>
#include <string>

#include "base/error.hpp"
#include "net/http_client.hpp"
#include "oauth/body.hpp"
#include "oauth/client.hpp"
#include "oauth/provider.hpp"
#include "scrub/scrubber.hpp"

namespace kimbap::oauth {

/// How long one request to a provider may take.
inline constexpr std::chrono::seconds kEndpointTimeout{20};

/// Whether an endpoint's address is the operator's own choice, so that a literal private one is
/// allowed: it stands in the provider's file, or the metadata of an issuer names it on the issuer's
/// own origin.
[[nodiscard]] bool operator_wrote(const Provider& provider, const std::string& endpoint);

/// A POST to an endpoint, still without body.
[[nodiscard]] Result<net::OutboundRequest> request_to(const std::string& endpoint,
                                                      bool operator_wrote);

/// Adds what shows the provider who asks.
void authenticate(const Provider& provider, const Client& client, net::OutboundRequest& request,
                  Parameters& parameters);

/// The secrets in a request: the client's, and those among its parameters. Its answer may repeat
/// them. Made before the request is sent.
[[nodiscard]] scrub::Scrubber secrets_of(const Client& client, const net::OutboundRequest& request,
                                         const Parameters& parameters);

void add_body(net::OutboundRequest& request, const Parameters& parameters,
              TokenRequestFormat format);

}  // namespace kimbap::oauth
