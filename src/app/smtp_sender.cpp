#include "app/smtp_sender.hpp"

#include <utility>

namespace kimbap::app {

namespace {

constexpr std::size_t kThreads = 2;
/// Two deliveries at once on two threads: each ends well within an outbox row's lease.
constexpr std::chrono::seconds kTimeout{25};

}  // namespace

SmtpSender::SmtpSender(net::SmtpServer server, const net::AddressGuard& guard,
                       async::CancelToken cancel)
    : server_(std::move(server)),
      guard_(guard),
      registration_(cancel.on_cancel([this] { stop_ = true; })),
      threads_(kThreads) {}

SmtpSender::~SmtpSender() {
    stop_ = true;  // so that joining the threads doesn't wait for a server
}

Task<Result<void>> SmtpSender::send(approval::Mail mail, Secret password) {
    net::SmtpMail content{std::move(mail.from), std::move(mail.to), std::move(mail.content)};
    auto sending = threads_.run(
        [this, content = std::move(content), password = std::move(password)]() -> Result<void> {
            return net::send_mail(server_, password, content, guard_, kTimeout, stop_);
        });
    co_return co_await std::move(sending);
}

}  // namespace kimbap::app
