#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mcp/outbox.hpp"
#include "mcp/transport/exchange.hpp"

namespace kimbap::mcp {

/// Appends one server-sent event with `data` (one line). `id` may be empty.
void append_event(std::string& out, std::string_view id, std::string_view data,
                  std::string_view type = "message");

enum class StreamEnd {
    finished,    ///< Everything was sent.
    released,    ///< Let go while more is to come.
    peer_gone,   ///< The client closed it, or took nothing for too long.
    revoked,     ///< The principal may not listen any longer.
    superseded,  ///< The client opened it anew elsewhere.
    overflowed,  ///< The client read too slowly.
};

struct StreamSettings {
    /// Of the events' identifiers, "<prefix><seq>"; empty: events carry none.
    std::string id_prefix = {};
    /// Kept from expiring while the stream is open; may be null.
    std::shared_ptr<legacy::Session> session = nullptr;
};

/// Writes what a reader yields, starting with `first`, as server-sent events into the exchange's
/// open stream until one of the ends. Sends a comment whenever nothing else was sent for the
/// keepalive interval. Asks the Authenticator about the principal as often, and before each event
/// but the first ones.
Task<StreamEnd> pump_events(Exchange& exchange, std::shared_ptr<Outbox::Reader> reader,
                            Outbox::Batch first, StreamSettings settings);

}  // namespace kimbap::mcp
