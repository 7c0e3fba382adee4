#include "net/http_client.hpp"

#include <algorithm>
#include <unordered_map>

#include "net/address_guard.hpp"
#include "net/outbound_connection.hpp"
#include "net/request_bytes.hpp"

namespace kimbap::net {

namespace {

using Clock = OutboundConnection::Clock;

/// Wipes a request whichever way it ends.
class WipedAtEnd {
public:
    explicit WipedAtEnd(OutboundRequest& request) : request_(request) {}
    WipedAtEnd(const WipedAtEnd&) = delete;
    WipedAtEnd& operator=(const WipedAtEnd&) = delete;
    ~WipedAtEnd() { wipe_request(request_); }

private:
    OutboundRequest& request_;
};

}  // namespace

std::string_view OutboundResponse::header(std::string_view name) const {
    return headers[name];
}

/// The connections of one client.
class HttpClient::Pool : public std::enable_shared_from_this<Pool> {
public:
    Pool(asio::io_context& context, std::shared_ptr<ClientTls> tls, const AddressGuard& guard)
        : context_(context), tls_(std::move(tls)), guard_(guard) {}

    Task<Exchange> send(OutboundRequest request);
    void close_idle() {
        for (auto& [key, origin] : origins_) origin.idle.clear();
    }

private:
    using ConnectionPtr = std::shared_ptr<OutboundConnection>;
    struct Origin {
        std::vector<ConnectionPtr> idle;  ///< The one used last at the end.
        std::size_t active = 0;
    };

    /// Counts a request as running for as long as it lives.
    class Running {
    public:
        Running(Pool& pool, Origin& origin) : pool_(pool), origin_(origin) {
            ++pool_.active_;
            ++origin_.active;
        }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        ~Running() {
            --origin_.active;
            if (--pool_.active_ == 0) pool_.rest();
        }

    private:
        Pool& pool_;
        Origin& origin_;
    };

    /// What the operator's choice of an address opened must not serve where nobody chose it.
    static std::string key_of(const OutboundRequest& request) {
        std::string key;
        key.reserve(request.url.host.size() + request.unix_path.size() + 9);
        key += request.url.tls ? 's' : '-';
        key += request.operator_chose_address ? 'c' : '-';
        key.append(request.url.host).append(":").append(std::to_string(request.url.port));
        return key.append(request.unix_path);
    }
    static ConnectionPtr take_idle(Origin& origin);
    void give_back(Origin& origin, ConnectionPtr connection);
    void sweep(Clock::time_point now);
    /// Leaves nothing behind that keeps the io_context at work.
    void rest();
    Task<Exchange> attempt(const OutboundRequest& request, std::string_view bytes, Origin& origin,
                           ConnectionPtr connection, bool fresh);

    asio::io_context& context_;
    std::shared_ptr<ClientTls> tls_;
    const AddressGuard& guard_;
    std::unordered_map<std::string, Origin> origins_;
    std::size_t active_ = 0;
    Clock::time_point next_sweep_;
};

HttpClient::Pool::ConnectionPtr HttpClient::Pool::take_idle(Origin& origin) {
    const auto oldest = Clock::now() - kIdleFor;
    while (!origin.idle.empty()) {
        ConnectionPtr connection = std::move(origin.idle.back());
        origin.idle.pop_back();
        if (connection->idle_since() < oldest) {
            origin.idle.clear();  // the others have idled for longer
        } else if (!connection->stale()) {
            return connection;
        }
    }
    return nullptr;
}

void HttpClient::Pool::give_back(Origin& origin, ConnectionPtr connection) {
    const auto now = Clock::now();
    if (now >= next_sweep_) sweep(now);
    if (origin.idle.size() >= kMaxIdlePerOrigin) return;
    connection->idle_from(now);
    origin.idle.push_back(std::move(connection));
}

void HttpClient::Pool::sweep(Clock::time_point now) {
    next_sweep_ = now + kIdleFor;
    for (auto entry = origins_.begin(); entry != origins_.end();) {
        Origin& origin = entry->second;
        std::erase_if(origin.idle, [&](const ConnectionPtr& connection) {
            return connection->idle_since() < now - kIdleFor;
        });
        const bool unused = origin.idle.empty() && origin.active == 0;
        entry = unused ? origins_.erase(entry) : std::next(entry);
    }
}

void HttpClient::Pool::rest() {
    for (auto& [key, origin] : origins_) {
        for (const ConnectionPtr& connection : origin.idle) connection->rest();
    }
}

Task<Exchange> HttpClient::Pool::attempt(const OutboundRequest& request, std::string_view bytes,
                                         Origin& origin, ConnectionPtr connection, bool fresh) {
    const auto registration = request.cancel.on_cancel([weak = std::weak_ptr(connection)] {
        if (const auto strong = weak.lock()) strong->abort(OutboundConnection::Abort::cancelled);
    });
    Exchange out;
    if (fresh) {
        connection->arm(std::min(request.deadline, Clock::now() + kConnectWithin));
        const auto connected = co_await connection->connect(request, guard_, *tls_);
        if (!connected) {
            out.error = connected.error();
            co_return out;
        }
    }
    connection->arm(request.deadline);
    out = co_await connection->exchange(request, bytes);
    connection->disarm();
    if (connection->reusable() && !request.cancel.cancelled()) {
        give_back(origin, std::move(connection));
    }
    co_return out;
}

Task<Exchange> HttpClient::Pool::send(OutboundRequest request) {
    const auto self = shared_from_this();
    const WipedAtEnd wiped(request);
    Exchange out;
    if (request.cancel.cancelled()) {
        out.error = make_error(Errc::cancelled, "the call was withdrawn");
        co_return out;
    }
    const auto bytes = RequestBytes::of(request);
    if (!bytes) {
        out.error = bytes.error();
        co_return out;
    }
    Origin& origin = origins_[key_of(request)];
    if (origin.active >= kMaxActivePerOrigin) {
        out.error = make_error(Errc::unavailable, "too many requests to " + request.url.host +
                                                      " are running (try again)");
        co_return out;
    }
    const Running running(*this, origin);
    ConnectionPtr connection = take_idle(origin);
    const bool fresh = connection == nullptr;
    if (fresh) connection = std::make_shared<OutboundConnection>(context_);
    out = co_await attempt(request, bytes->text(), origin, std::move(connection), fresh);
    const bool died_idle = !fresh && !out.response && out.error.code == Errc::unavailable;
    if (died_idle && (request.idempotent || !out.may_have_reached_peer)) {
        ConnectionPtr replacement = std::make_shared<OutboundConnection>(context_);
        out = co_await attempt(request, bytes->text(), origin, std::move(replacement), true);
    }
    co_return out;
}

HttpClient::HttpClient(asio::io_context& context, std::shared_ptr<ClientTls> tls,
                       const AddressGuard& guard)
    : pool_(std::make_shared<Pool>(context, std::move(tls), guard)) {}

HttpClient::~HttpClient() = default;

Task<Exchange> HttpClient::send(OutboundRequest request) {
    return pool_->send(std::move(request));
}

void HttpClient::close_idle() {
    pool_->close_idle();
}

}  // namespace kimbap::net
