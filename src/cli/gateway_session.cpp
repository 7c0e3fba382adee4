#include "cli/gateway_session.hpp"

#include <pwd.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>

#include "app/lane.hpp"
#include "async/worker_pool.hpp"

namespace kimbap::cli {

struct Session::Parts {
    explicit Parts(app::Gateway& opened)
        : gateway(opened), context(1), lane(gateway.make_lane(context)) {}
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    // run() stops the context without waiting for what still runs elsewhere on its behalf.
    ~Parts() { gateway.workers().wait_idle(); }
    app::Gateway& gateway;
    boost::asio::io_context context;
    std::unique_ptr<app::Gateway::Lane> lane;
};

std::unique_ptr<app::Gateway> open_gateway(Context& context, app::RuleFaults faults) {
    auto config = configured(context);
    if (!config) return nullptr;
    auto gateway = app::Gateway::open(std::move(*config), faults);
    if (!gateway) {
        report(context, gateway.error());
        return nullptr;
    }
    if (const auto& passed_over = (*gateway)->rule_faults()) {
        std::fprintf(stderr,
                     "kimbap: done without the manifests and policies, which are invalid:\n%s\n",
                     passed_over->message.c_str());
    }
    return std::move(*gateway);
}

Session::Session(app::Gateway& gateway) : parts_(std::make_unique<Parts>(gateway)) {}
Session::~Session() = default;
app::Gateway::Lane& Session::lane() {
    return *parts_->lane;
}

void Session::run(Task<void> task) {
    std::exception_ptr failure;
    boost::asio::co_spawn(parts_->context, std::move(task), [&](std::exception_ptr thrown) {
        failure = thrown;
        parts_->lane->http.close_idle();
        parts_->context.stop();
    });
    parts_->context.restart();
    parts_->context.run();
    // A worker thread may still be on its way out of handing its result over: it keeps the context
    // busy until then, which must not die under it.
    parts_->context.restart();
    parts_->context.run_for(std::chrono::seconds{1});
    if (failure) std::rethrow_exception(failure);
}

std::string local_user() {
    const passwd* entry = ::getpwuid(::getuid());
    return entry == nullptr ? "cli:" + std::to_string(::getuid())
                            : "cli:" + std::string(entry->pw_name);
}

}  // namespace kimbap::cli
