#pragma once

#include <atomic>
#include <memory>

#include "approval/notifiers/email.hpp"
#include "async/cancellation.hpp"
#include "async/worker_pool.hpp"
#include "net/smtp_client.hpp"

namespace kimbap::app {

/// Mails through one server on threads of its own: SMTP blocks, and a server that hangs must hold
/// up neither the store's readers nor another channel.
class SmtpSender final : public approval::MailSender {
public:
    /// `guard` outlives it. What is under way ends soon after `cancel`.
    SmtpSender(net::SmtpServer server, const net::AddressGuard& guard, async::CancelToken cancel);
    ~SmtpSender() override;

    Task<Result<void>> send(approval::Mail mail, Secret password) override;

private:
    net::SmtpServer server_;
    const net::AddressGuard& guard_;
    std::atomic<bool> stop_{false};
    async::CancelToken::Registration registration_;
    async::WorkerPool threads_;
};

}  // namespace kimbap::app
