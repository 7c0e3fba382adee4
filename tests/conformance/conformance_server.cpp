#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "conformance/fixture.hpp"
#include "mcp/server.hpp"
#include "mcp/transport/http_transport.hpp"
#include "mcp/transport/stdio_transport.hpp"
#include "net/http_server.hpp"

/// The server that the official conformance suite and real clients are run against:
///   conformance_server --listen 127.0.0.1:PORT [--threads N]    (port 0: a free one, printed)
///   conformance_server --stdio
namespace kimbap::mcp::conformance {
namespace {

class Everyone final : public Authenticator {
public:
    Task<AuthOutcome> authenticate(const net::HttpRequest&) override { co_return principal_; }
    Task<bool> still_valid(PrincipalPtr) override { co_return true; }

private:
    PrincipalPtr principal_ = std::make_shared<const Principal>("anyone");
};

struct Arguments {
    bool stdio = false;
    asio::ip::tcp::endpoint endpoint{asio::ip::make_address("127.0.0.1"), 0};
    std::size_t threads = 2;
};

[[noreturn]] void usage() {
    std::cerr << "usage: conformance_server --listen ADDRESS:PORT [--threads N] | --stdio\n";
    std::exit(2);
}

Arguments read_arguments(const std::vector<std::string>& words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--stdio") {
            arguments.stdio = true;
        } else if (words[i] == "--threads" && i + 1 < words.size()) {
            arguments.threads = static_cast<std::size_t>(std::stoul(words[++i]));
        } else if (words[i] == "--listen" && i + 1 < words.size()) {
            const auto& value = words[++i];
            const auto colon = value.rfind(':');
            if (colon == std::string::npos) usage();
            arguments.endpoint = {asio::ip::make_address(value.substr(0, colon)),
                                  static_cast<unsigned short>(std::stoul(value.substr(colon + 1)))};
        } else {
            usage();
        }
    }
    return arguments;
}

/// The providers and the server that knows them.
struct Fixture {
    Fixture()
        : tasks({std::chrono::minutes(10), std::chrono::milliseconds(200), 1000},
                [this](const TaskState& task) { server->task_changed(task); }),
          tools(tasks,
                {[this] { server->tools_changed(); }, [this] { server->prompts_changed(); }}) {
        ServerOptions options;
        options.server = {"kimbap-conformance", "1.0.0", "kimbap conformance fixture"};
        options.instructions = "Serves what the conformance suite asks for.";
        server = std::make_unique<Server>(
            std::move(options), Providers{&tools, &prompts, &resources, &completions, &tasks});
    }

    MemoryTasks tasks;
    FixtureTools tools;
    FixturePrompts prompts;
    FixtureResources resources;
    FixtureCompletions completions;
    std::unique_ptr<Server> server;
};

int serve_stdio(Fixture& fixture) {
    asio::io_context context(1);
    StdioTransport transport(*fixture.server, std::make_shared<const Principal>("local"));
    asio::co_spawn(context, transport.run(), [&context](std::exception_ptr) { context.stop(); });
    context.run();
    return 0;
}

int serve_http(Fixture& fixture, const Arguments& arguments) {
    Everyone everyone;
    HttpTransport transport(*fixture.server, everyone, {});
    std::vector<std::unique_ptr<asio::io_context>> contexts;
    std::vector<std::unique_ptr<net::HttpServer>> servers;
    auto endpoint = arguments.endpoint;
    for (std::size_t i = 0; i < arguments.threads; ++i) {
        contexts.push_back(std::make_unique<asio::io_context>(1));
        servers.push_back(
            std::make_unique<net::HttpServer>(*contexts.back(), transport, net::ServerLimits{}));
        const auto bound = servers.back()->listen(endpoint, net::HttpServer::Port::shared);
        if (!bound) {
            std::cerr << bound.error().message << "\n";
            return 1;
        }
        endpoint = *bound;
    }
    std::cout << "listening on " << endpoint << std::endl;
    asio::signal_set signals(*contexts.front(), SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code, int) {
        fixture.server->drain();
        fixture.server->cancel_all();
        for (auto& context : contexts) context->stop();
    });
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < contexts.size(); ++i) {
        threads.emplace_back([&context = *contexts[i]] { context.run(); });
    }
    contexts.front()->run();
    for (auto& thread : threads) thread.join();
    return 0;
}

}  // namespace
}  // namespace kimbap::mcp::conformance

int main(int argc, char** argv) {
    using namespace kimbap::mcp::conformance;
    std::signal(SIGPIPE, SIG_IGN);
    const auto arguments = read_arguments({argv + 1, argv + argc});
    Fixture fixture;
    return arguments.stdio ? serve_stdio(fixture) : serve_http(fixture, arguments);
}
