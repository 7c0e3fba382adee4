#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mcp/relay/wire.hpp"

namespace kimbap::mcp::relay {

/// The half of a relay for the revisions with sessions (2025-03-26 to 2025-11-25): carries the
/// client's one session on stdio over to a session of the server, and to another where the server
/// forgot it (a restart). One thread.
class LegacyRelay {
public:
    explicit LegacyRelay(Wire& wire) : wire_(wire), established_(wire.executor) {}

    /// Whether a request can be served: a session was asked for, or this asks for one.
    [[nodiscard]] bool admits(const ClientLine& line) const;
    /// Serves a line to its answer, or a notification or response to its delivery.
    Task<void> serve(ClientLine line);
    /// Ends the stream of the session's own messages and whatever waits.
    void stop();
    void cancel_all();
    /// Tells the server that the session is over.
    Task<void> end_session();

private:
    struct Session {
        std::string id;
        std::string revision;
        std::uint64_t number = 0;  ///< Grows with each session of the server.
    };

    /// What the client waits for of one line.
    struct Awaited {
        std::vector<std::string> ids;
        async::CancelSource cancel;  ///< Once it is nothing any more.
    };

    Task<void> initialize(ClientLine line);
    Task<void> exchange(ClientLine line);
    Task<Reply> post(const ClientLine& line, Awaited& awaited);
    Task<Reply> resume(Reply broken, Awaited& awaited);
    /// The client doesn't wait for this one any more.
    void forgo(const std::string& id);
    Task<bool> renew(std::uint64_t lost);
    Task<bool> open_again();
    Task<void> await_session();
    void adopt(const Reply& reply, const ServerMessage& answer);
    void remember(const ClientLine& line);
    Task<void> hear(std::uint64_t number);
    [[nodiscard]] Link::Request request(std::string method, std::string body) const;
    [[nodiscard]] Link::Sink sink(std::vector<std::string>& unanswered);

    Wire& wire_;
    Session session_;
    std::string initialize_;   ///< The client's own line, to introduce it anew with.
    std::string initialized_;  ///< Likewise notifications/initialized.
    /// What the session was told to do (logging/setLevel, resources/subscribe), by what it is
    /// about.
    std::map<std::string, std::string> settings_;
    /// By identifier. One that was cancelled may be in use again while its line still runs.
    std::map<std::string, std::shared_ptr<Awaited>> awaited_;
    bool establishing_ = false;
    asio::steady_timer established_;
    async::CancelSource stopping_;
    async::CancelSource cancelling_;
};

}  // namespace kimbap::mcp::relay
