#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "approval/linked_channel.hpp"
#include "approval/notifier.hpp"
#include "approval/notifiers/api_client.hpp"

namespace kimbap::approval {

/// One mail on its way to one mailbox.
struct Mail {
    std::string from;
    std::string to;
    std::string content;  ///< RFC 5322, lines ended by CR LF.
};

/// How mails reach a mail server; the application implements it with net/smtp_client, off the I/O
/// threads.
class MailSender {
public:
    virtual ~MailSender() = default;
    /// Hands a mail over to the server that this sender is for. Errors: unsupported where the
    /// server refuses the mail or its recipient for good; cancelled; any other where trying again
    /// may help. Neither password nor mail is in an error's message.
    [[nodiscard]] virtual Task<Result<void>> send(Mail mail, Secret password) = 0;
};

struct EmailOptions {
    std::string from;
    std::vector<std::string> to;  ///< Mailboxes that are told.
    /// Mailboxes that are told with a link, and whose links they are.
    std::map<std::string, std::string> operators;
    std::string secret_ref;  ///< Vault name of the SMTP password; "" without authentication.
};

/// Mails each recipient on its own, so that each gets a link of its own; an outcome answers the
/// mail that asked. Its receipt is the mail's Message-ID.
class EmailNotifier final : public Notifier {
public:
    /// The password is opened at each delivery, so that a rotation holds at once.
    EmailNotifier(std::string name, EmailOptions options, std::unique_ptr<MailSender> sender,
                  SecretLookup secrets, LinkMaker links);

    [[nodiscard]] const std::string& name() const noexcept override { return name_; }
    [[nodiscard]] Task<Delivery> deliver(const Notification& notification) override;
    [[nodiscard]] std::size_t max_concurrent() const noexcept override { return 2; }
    [[nodiscard]] bool updates_messages() const noexcept override { return true; }

private:
    std::string name_;
    EmailOptions options_;
    std::unique_ptr<MailSender> sender_;
    SecretLookup secrets_;
    LinkMaker links_;
};

/// All of an entry's mailboxes, sorted, each once.
[[nodiscard]] std::vector<std::string> mail_recipients(const EmailOptions& options);

}  // namespace kimbap::approval
