#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "mcp/types.hpp"

namespace kimbap::mcp {

inline constexpr std::chrono::seconds kMaxKeepalive{15};

/// Every bound of the server. Reaching one gives the peer an error that names it.
struct Limits {
    std::size_t max_sessions = 10'000;
    std::chrono::seconds session_idle{3600};  ///< A legacy HTTP session without traffic ends.
    std::size_t max_streams = 10'000;         ///< Listening streams of all clients together.
    std::size_t max_pending_requests = 256;   ///< Running at once in one session, or on stdio.
    std::size_t max_batch = 64;               ///< Messages in one batch (2025-03-26).
    std::size_t max_subscriptions = 1024;     ///< Resources watched by one session or stream.
    /// What one stream holds for a reader that lags: more closes it, so that a slow reader costs
    /// neither memory nor anybody else's time.
    std::size_t max_stream_messages = 1024;
    std::size_t max_stream_bytes = 8U << 20;
    /// Events kept for Last-Event-ID, per stream, and streams kept per session.
    std::size_t max_stored_events = 256;
    std::size_t max_stored_streams = 16;
    std::size_t max_line_bytes = 4U << 20;  ///< One message on stdio.
    std::size_t max_input_rounds =
        16;  ///< Questions to the client for one call, one after another.
    std::chrono::seconds input_timeout{600};  ///< For a legacy client's answer to such a question.
};

struct ServerOptions {
    Implementation server{"mcp-server", "0", ""};
    std::string instructions;  ///< Left out where empty.
    std::size_t page_size = 100;
    CacheHints cache{std::chrono::seconds{30}, false};
    std::chrono::milliseconds keepalive{10'000};  ///< Cut to kMaxKeepalive.
    /// How long a plain JSON answer may take; after it the answer becomes a stream with keepalives.
    std::chrono::milliseconds stream_after{1000};
    LogLevel default_log_level = LogLevel::info;  ///< For legacy clients until logging/setLevel.
    Limits limits;
};

}  // namespace kimbap::mcp
