#include "net/http_server.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <ctime>
#include <unordered_set>

#include "base/log.hpp"
#include "net/http_session.hpp"

namespace kimbap::net {

namespace {

using boost::system::error_code;
using tcp = asio::ip::tcp;
using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kTick{1};
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

/// Lets the members of `group` connect to the socket at `path`.
Result<void> open_to_group(const std::string& path, const std::string& group) {
    std::array<char, 16384> room{};
    struct group entry {};
    struct group* found = nullptr;
    ::getgrnam_r(group.c_str(), &entry, room.data(), room.size(), &found);
    if (found == nullptr) {
        return make_error(Errc::invalid_config, "there is no group \"" + group +
                                                    "\" (groupadd it, or mend http.socket_group)");
    }
    // The group first: with the mode first, the socket would be open to another one meanwhile.
    if (::chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0 ||
        ::chmod(path.c_str(), 0660) != 0) {
        return make_error(Errc::invalid_config,
                          "the socket can't be given to the group \"" + group +
                              "\" (make the user that kimbap runs as a member of it)");
    }
    return {};
}

/// IMF-fixdate (RFC 9110 section 5.6.7), independent of the locale.
std::string http_date(std::time_t now) {
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, 64> out{};
    std::snprintf(out.data(), out.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                  months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                  utc.tm_min, utc.tm_sec);
    return out.data();
}

/// Removes a socket, and never a file that somebody named by mistake.
void remove_socket(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
}

/// Whether somebody accepts connections there.
bool answers(const asio::local::stream_protocol::endpoint& endpoint) {
    asio::io_context context;
    asio::local::stream_protocol::socket socket(context);
    error_code error;
    socket.open(endpoint.protocol(), error);
    if (!error) socket.non_blocking(true, error);
    if (!error) socket.connect(endpoint, error);
    return !error || error == asio::error::would_block;
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(asio::io_context& context, HttpHandler& handler, ServerLimits limits,
         std::shared_ptr<asio::ssl::context> tls)
        : context_(context),
          acceptor_(context),
          local_(context),
          tick_(context),
          shared_(std::make_shared<SessionShared>(SessionShared{
              handler, limits, std::move(tls), false, http_date(std::time(nullptr))})) {}

    Result<tcp::endpoint> listen(const tcp::endpoint& endpoint, Port port) {
        error_code error;
        acceptor_.open(endpoint.protocol(), error);
        if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_.set_option(reuse_port(port == Port::shared), error);
        if (!error) acceptor_.bind(endpoint, error);
        if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
        if (error) {
            error_code ignored;
            acceptor_.close(ignored);
            return make_error(Errc::unavailable,
                              "can't listen on " + endpoint.address().to_string() + ":" +
                                  std::to_string(endpoint.port()) + ": " + error.message());
        }
        start();
        asio::co_spawn(context_, accept_tcp(shared_from_this()), asio::detached);
        return acceptor_.local_endpoint(error);
    }

    Result<void> listen_unix(const std::string& path, const std::string& group) {
        const auto cant = [&](const std::string& why) {
            error_code ignored;
            local_.close(ignored);
            return make_error(Errc::unavailable, "can't listen on " + path + ": " + why);
        };
        if (path.size() > kMaxSocketPath) return cant("the path is too long");
        const asio::local::stream_protocol::endpoint endpoint(path);
        if (answers(endpoint)) return cant("a server already listens there");
        remove_socket(path);
        error_code error;
        local_.open(endpoint.protocol(), error);
        const mode_t mask = ::umask(0177);
        if (!error) local_.bind(endpoint, error);
        ::umask(mask);
        if (!error && !group.empty()) {
            const Result<void> opened = open_to_group(path, group);
            if (!opened) return cant(opened.error().message);
        }
        if (!error) local_.listen(asio::socket_base::max_listen_connections, error);
        if (error) return cant(error.message());
        path_ = path;
        start();
        asio::co_spawn(context_, accept_local(shared_from_this()), asio::detached);
        return {};
    }

    void drain() {
        close_acceptors();
        shared_->draining = true;
        for (HttpSession* session : std::vector(sessions_.begin(), sessions_.end())) {
            session->close_if_idle();
        }
    }

    void stop() {
        close_acceptors();
        tick_.cancel();
        for (HttpSession* session : std::vector(sessions_.begin(), sessions_.end())) {
            session->close();
        }
    }

    [[nodiscard]] std::size_t connections() const { return sessions_.size(); }

private:
    void close_acceptors() {
        error_code ignored;
        acceptor_.close(ignored);
        local_.close(ignored);
        if (!path_.empty()) remove_socket(path_);
        path_.clear();
    }

    void start() {
        if (std::exchange(started_, true)) return;
        schedule_tick();
    }

    void schedule_tick() {
        tick_.expires_after(kTick);
        tick_.async_wait([weak = weak_from_this()](error_code error) {
            const auto self = weak.lock();
            if (error || !self) return;
            self->shared_->date = http_date(std::time(nullptr));
            const auto now = HttpSession::Clock::now();
            for (HttpSession* session :
                 std::vector(self->sessions_.begin(), self->sessions_.end())) {
                session->expire(now);
            }
            self->schedule_tick();
        });
    }

    static Task<void> run_session(std::shared_ptr<Impl> self,
                                  std::shared_ptr<HttpSession> session) {
        co_await session->run();
        self->sessions_.erase(session.get());
    }

    void admit(HttpSession::Socket socket, const tcp::endpoint& peer) {
        if (sessions_.size() >= shared_->limits.max_connections) return;  // closes the socket
        auto session = std::make_shared<HttpSession>(std::move(socket), shared_, peer);
        sessions_.insert(session.get());
        asio::co_spawn(context_, run_session(shared_from_this(), std::move(session)),
                       asio::detached);
    }

    /// Whether accepting worked. Where it didn't, waits for a while: out of file descriptors, most
    /// likely, and existing connections go on. Says so once, not at every try.
    Task<bool> may_admit(error_code error) {
        const bool failed_before = std::exchange(accept_fails_, static_cast<bool>(error));
        if (!error) co_return true;
        if (!failed_before) {
            log::warn("can't accept connections for now", {{"error", error.message()}});
        }
        asio::steady_timer timer(context_, kAcceptPause);
        co_await timer.async_wait(kToken);
        co_return false;
    }

    static Task<void> accept_tcp(std::shared_ptr<Impl> self) {
        while (self->acceptor_.is_open()) {
            auto [error, socket] = co_await self->acceptor_.async_accept(kToken);
            if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
                co_return;
            }
            if (!co_await self->may_admit(error)) continue;
            error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            const tcp::endpoint peer = socket.remote_endpoint(ignored);
            self->admit(HttpSession::Socket(std::move(socket)), peer);
        }
    }

    static Task<void> accept_local(std::shared_ptr<Impl> self) {
        while (self->local_.is_open()) {
            auto [error, socket] = co_await self->local_.async_accept(kToken);
            if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
                co_return;
            }
            if (!co_await self->may_admit(error)) continue;
            const tcp::endpoint peer(asio::ip::address_v4::loopback(), 0);
            self->admit(HttpSession::Socket(std::move(socket)), peer);
        }
    }

    asio::io_context& context_;
    tcp::acceptor acceptor_;
    asio::local::stream_protocol::acceptor local_;
    asio::steady_timer tick_;
    std::shared_ptr<SessionShared> shared_;
    std::unordered_set<HttpSession*> sessions_;
    std::string path_;
    bool started_ = false;
    bool accept_fails_ = false;
};

HttpResponse HttpHandler::refusal(http::status status, std::string why, std::string_view) const {
    HttpResponse response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = std::move(why);
    response.body += '\n';
    return response;
}

HttpServer::HttpServer(asio::io_context& context, HttpHandler& handler, ServerLimits limits,
                       std::shared_ptr<asio::ssl::context> tls)
    : impl_(std::make_shared<Impl>(context, handler, limits, std::move(tls))) {}

HttpServer::~HttpServer() {
    impl_->stop();
}

Result<asio::ip::tcp::endpoint> HttpServer::listen(const asio::ip::tcp::endpoint& endpoint,
                                                   Port port) {
    return impl_->listen(endpoint, port);
}
Result<void> HttpServer::listen_unix(const std::string& path, const std::string& group) {
    return impl_->listen_unix(path, group);
}
void HttpServer::drain() {
    impl_->drain();
}
std::size_t HttpServer::connections() const {
    return impl_->connections();
}
void HttpServer::stop() {
    impl_->stop();
}

}  // namespace kimbap::net
