#include "app/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <sstream>
#include <thread>

#include "app/change_watch.hpp"
#include "app/front_door.hpp"
#include "app/gateway.hpp"
#include "app/gateway_completions.hpp"
#include "app/gateway_docs.hpp"
#include "app/gateway_prompts.hpp"
#include "app/gateway_resources.hpp"
#include "app/gateway_tasks.hpp"
#include "app/gateway_tools.hpp"
#include "app/lanes.hpp"
#include "app/listen_address.hpp"
#include "app/own_principal.hpp"
#include "app/reloader.hpp"
#include "app/token_authenticator.hpp"
#include "async/watchful_run.hpp"
#include "async/worker_pool.hpp"
#include "base/log.hpp"
#include "mcp/server.hpp"
#include "mcp/transport/stdio_transport.hpp"
#include "net/tls.hpp"
#include "oauth/pending_attempts.hpp"
#include "operator_api/operator_api.hpp"

namespace kimbap::app {

namespace {

using tcp = boost::asio::ip::tcp;

/// How long running calls get to finish once the process is asked to stop.
constexpr std::chrono::seconds kDrain{10};
/// How long their answers may then take to be written.
constexpr std::chrono::seconds kLastAnswers{2};

constexpr std::string_view kInstructions =
    "Tools of this server act on real systems under the operators' policy. A denied call says why; "
    "don't repeat it unchanged. A call that needs an operator's approval says so: collect its "
    "outcome with kimbap_approval_result. Service documentation is under kimbap://services/.";

mcp::ServerOptions server_options() {
    mcp::ServerOptions options;
    options.server = {"kimbap", KIMBAP_VERSION, "kimbap"};
    options.instructions = kInstructions;
    return options;
}

/// What a process that speaks MCP for the gateway is made of.
struct Face {
    Face(Gateway& gateway, Lanes& lanes)
        : tasks(gateway),
          tools(gateway, lanes, tasks),
          resources(gateway, lanes),
          prompts(gateway, resources),
          completions(gateway),
          server(server_options(),
                 mcp::Providers{&tools, &prompts, &resources, &completions, &tasks}),
          watch(gateway, tasks, server) {}

    void rules_changed() {
        server.tools_changed();
        server.prompts_changed();
        server.resources_changed();
        for (const std::string& uri : server.watched().uris) {
            if (uri.starts_with(kServiceUris)) server.resource_updated(uri);
        }
    }

    GatewayTasks tasks;
    GatewayTools tools;
    GatewayResources resources;
    GatewayPrompts prompts;
    GatewayCompletions completions;
    mcp::Server server;
    ChangeWatch watch;
};

std::string text_of(const tcp::endpoint& endpoint) {
    std::ostringstream out;
    out << endpoint;
    return out.str();
}

/// With SO_REUSEPORT a second process could quietly share the port: look first whether it is taken.
Result<void> check_free(boost::asio::io_context& context, const tcp::endpoint& endpoint) {
    if (endpoint.port() == 0) return {};
    tcp::acceptor probe(context);
    boost::system::error_code error;
    probe.open(endpoint.protocol(), error);
    if (!error) probe.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) probe.bind(endpoint, error);
    if (!error) probe.listen(1, error);
    if (!error) return {};
    return make_error(Errc::unavailable, "can't listen on " + text_of(endpoint) + ": " +
                                             error.message() + " (choose another with --listen)");
}

void announce(const Gateway& gateway) {
    for (const std::string& notice : gateway.notices()) log::warn(notice);
}

/// Lets running calls finish, then cancels what is left. Calls that go on without a request are
/// waited for, too; those that take longer stay in the store, where another process finds them.
Task<void> drain(mcp::Server& server, const Lanes& lanes) {
    server.drain();
    const auto deadline = std::chrono::steady_clock::now() + kDrain;
    auto finishing = server.idle(kDrain);
    const bool idle = co_await std::move(finishing);
    if (!idle) {
        log::warn("calls that did not finish in time are cancelled");
        server.cancel_all();
        auto cancelling = server.idle(std::chrono::seconds{1});
        static_cast<void>(co_await std::move(cancelling));
    }
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
    while (lanes.beside() > 0 && std::chrono::steady_clock::now() < deadline) {
        pause.expires_after(std::chrono::milliseconds{20});
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
}

class ServeProcess {
public:
    explicit ServeProcess(std::unique_ptr<Gateway> gateway)
        : gateway_(std::move(gateway)),
          face_(*gateway_, lanes_),
          authenticator_(*gateway_),
          api_{gateway_->store(), gateway_->vault(),   gateway_->tokens(), gateway_->approvals(),
               gateway_->rules(), gateway_->workers(), gateway_->clock(),  oauth_services()},
          door_(*gateway_, lanes_, face_.server, authenticator_, api_,
                http_options(gateway_->config())) {}

    Result<void> run() {
        make_threads();
        boost::asio::io_context& first = *contexts_.front();
        std::optional<Reloader> reloader;
        // Before anybody is told that it serves: whoever then stops it finds it listening to that.
        boost::asio::signal_set signals(first, SIGTERM, SIGINT);
        signals.async_wait([&](boost::system::error_code error, int) {
            if (error) return;
            reloader->stop();
            boost::asio::co_spawn(first, shut_down(), boost::asio::detached);
        });
        const Result<void> listening = listen();
        if (!listening) return listening;
        const Result<void> recorded = gateway_->record_policy();
        if (!recorded) return recorded;
        reloader.emplace(first, *gateway_, [this] { face_.rules_changed(); });
        boost::asio::co_spawn(
            first, gateway_->run_approvals(lanes_.first(), background_.token(), draining_.token()),
            boost::asio::detached);
        boost::asio::co_spawn(first, face_.watch.run(background_.token()), boost::asio::detached);
        std::vector<std::thread> threads;
        for (std::size_t i = 1; i < contexts_.size(); ++i) {
            threads.emplace_back([context = contexts_[i].get()] { async::watchful_run(*context); });
        }
        async::watchful_run(first);
        for (std::thread& thread : threads) thread.join();
        gateway_->workers().wait_idle();
        return {};
    }

private:
    Result<void> listen() {
        const Config& config = gateway_->config();
        const auto address = parse_listen_address(config.http.listen);
        if (!address) return address.error();
        if (address->is_unix()) return listen_unix(address->unix_path);
        std::shared_ptr<boost::asio::ssl::context> tls;
        if (!config.http.tls_certificate.empty()) {
            auto made = net::server_tls(config.http.tls_certificate, config.http.tls_key);
            if (!made) return made.error();
            tls = std::move(*made);
        }
        const Result<void> free = check_free(*contexts_.front(), address->endpoint);
        if (!free) return free;
        tcp::endpoint bound = address->endpoint;
        for (const auto& context : contexts_) {
            servers_.push_back(std::make_unique<net::HttpServer>(*context, door_, limits(), tls));
            const auto listening = servers_.back()->listen(bound, net::HttpServer::Port::shared);
            if (!listening) return listening.error();
            bound = *listening;
        }
        log::info("serving", {{"listen", text_of(bound)}, {"tls", tls != nullptr}});
        return {};
    }

    operator_api::OAuthServices oauth_services() {
        const auto here = [this]() -> Task<net::HttpClient*> {
            auto finding = lanes_.here();
            Gateway::Lane* lane = co_await std::move(finding);
            co_return &lane->http;
        };
        std::string url = gateway_->config().http.public_url;
        while (url.ends_with('/')) url.pop_back();
        return {gateway_->connections(), gateway_->connector(), attempts_, here, std::move(url)};
    }

    void make_threads() {
        const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
        for (std::size_t i = 0; i < threads; ++i) {
            contexts_.push_back(std::make_unique<boost::asio::io_context>(1));
            guards_.emplace_back(contexts_.back()->get_executor());
            lanes_.add(gateway_->make_lane(*contexts_.back()));
        }
    }

    [[nodiscard]] net::ServerLimits limits() const {
        net::ServerLimits limits;
        limits.max_body_bytes = gateway_->config().http.max_body_bytes;
        return limits;
    }

    /// A path has one listener, unlike a port: the first thread serves it, for relays on this
    /// machine. Its file mode keeps out all users but its own and the configured group's, so it
    /// goes without TLS.
    Result<void> listen_unix(const std::string& path) {
        for (const auto& context : contexts_) {
            servers_.push_back(std::make_unique<net::HttpServer>(*context, door_, limits()));
        }
        const Result<void> listening =
            servers_.front()->listen_unix(path, gateway_->config().http.socket_group);
        if (!listening) return listening;
        log::info("serving", {{"listen", "unix:" + path}, {"tls", false}});
        return {};
    }

    Task<void> shut_down() {
        log::info("stopping: running calls may finish");
        draining_.cancel();
        for (std::size_t i = 0; i < servers_.size(); ++i) {
            boost::asio::post(*contexts_[i], [server = servers_[i].get()] { server->drain(); });
        }
        auto finishing = drain(face_.server, lanes_);
        co_await std::move(finishing);
        background_.cancel();
        for (std::size_t i = 1; i < servers_.size(); ++i) {
            boost::asio::co_spawn(*contexts_[i], close_server(i), boost::asio::detached);
        }
        auto closing = close_server(0);
        co_await std::move(closing);
        // What still runs on this thread (a notification under way) gets a moment, not the last
        // word.
        boost::asio::steady_timer last(*contexts_.front(), std::chrono::milliseconds{300});
        co_await last.async_wait(boost::asio::use_awaitable);
        contexts_.front()->stop();
    }

    /// On the server's own thread: closes its connections once the last answers are written, since
    /// a call has ended before its answer is on its way.
    Task<void> close_server(std::size_t i) {
        boost::asio::steady_timer timer(*contexts_[i]);
        const auto deadline = std::chrono::steady_clock::now() + kLastAnswers;
        while (servers_[i]->connections() > 0 && std::chrono::steady_clock::now() < deadline) {
            timer.expires_after(std::chrono::milliseconds{10});
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
        servers_[i]->stop();
        lanes_.all()[i]->http.close_idle();
        guards_[i].reset();
        if (i != 0) contexts_[i]->stop();
    }

    using Guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

    std::unique_ptr<Gateway> gateway_;
    std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
    std::vector<Guard> guards_;
    Lanes lanes_;
    Face face_;
    oauth::PendingAttempts attempts_;
    TokenAuthenticator authenticator_;
    operator_api::ApiServices api_;
    FrontDoor door_;
    std::vector<std::unique_ptr<net::HttpServer>> servers_;
    async::CancelSource background_;
    async::CancelSource draining_;
};

/// Each held call is a connection: shells and services start with a soft limit of 1024 files.
void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result<void> run_serve(Config config) {
    raise_file_limit();
    auto gateway = Gateway::open(std::move(config));
    if (!gateway) return gateway.error();
    announce(**gateway);
    ServeProcess process(std::move(*gateway));
    return process.run();
}

Result<void> run_stdio(Config config, const std::string& agent,
                       const std::optional<std::string>& bearer) {
    auto opened = Gateway::open(std::move(config));
    if (!opened) return opened.error();
    Gateway& gateway = **opened;
    announce(gateway);
    const auto principal = own_principal(gateway, bearer, agent);
    if (!principal) return principal.error();

    boost::asio::io_context context(1);
    Lanes lanes;
    lanes.add(gateway.make_lane(context));
    Face face(gateway, lanes);
    async::CancelSource background;
    async::CancelSource draining;
    Reloader reloader(context, gateway, [&face] { face.rules_changed(); });
    mcp::StdioTransport transport(face.server, *principal);
    boost::asio::signal_set signals(context, SIGTERM, SIGINT);

    const auto serve = [&]() -> Task<void> {
        auto serving = transport.run();
        co_await std::move(serving);
        draining.cancel();
        auto finishing = drain(face.server, lanes);
        co_await std::move(finishing);
        background.cancel();
        reloader.stop();
        signals.cancel();
        lanes.first().http.close_idle();
        boost::asio::steady_timer last(context, std::chrono::milliseconds{300});
        co_await last.async_wait(boost::asio::use_awaitable);
        context.stop();
    };
    signals.async_wait([&](boost::system::error_code error, int) {
        if (!error) face.server.drain();
    });
    boost::asio::co_spawn(context, serve(), boost::asio::detached);
    boost::asio::co_spawn(
        context, gateway.run_approvals(lanes.first(), background.token(), draining.token()),
        boost::asio::detached);
    boost::asio::co_spawn(context, face.watch.run(background.token()), boost::asio::detached);
    async::watchful_run(context);
    gateway.workers().wait_idle();
    return {};
}

}  // namespace kimbap::app
