#include "approval/notifiers/email.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "approval/event_view.hpp"
#include "approval/notifiers/mail_message.hpp"

namespace kimbap::approval {

std::vector<std::string> mail_recipients(const EmailOptions& options) {
    std::set<std::string> all(options.to.begin(), options.to.end());
    for (const auto& [mailbox, name] : options.operators) all.insert(mailbox);
    return {all.begin(), all.end()};
}

EmailNotifier::EmailNotifier(std::string name, EmailOptions options,
                             std::unique_ptr<MailSender> sender, SecretLookup secrets,
                             LinkMaker links)
    : name_(std::move(name)),
      options_(std::move(options)),
      sender_(std::move(sender)),
      secrets_(std::move(secrets)),
      links_(std::move(links)) {}

Task<Delivery> EmailNotifier::deliver(const Notification& notification) {
    const std::vector<std::string> all = mail_recipients(options_);
    if (!std::binary_search(all.begin(), all.end(), notification.recipient)) {
        co_return make_error(Errc::unsupported,
                             "the configuration doesn't name this mailbox any more");
    }
    const auto known = options_.operators.find(notification.recipient);
    LinkedChannel linked{name_, "", {}};
    if (known != options_.operators.end()) linked = {name_, known->second, links_};
    Task<Result<std::string>> linking = with_decide_url(linked, notification);
    const Result<std::string> body = co_await std::move(linking);
    if (!body) co_return body.error();
    const Result<EventView> event = read_event(*body);
    if (!event) co_return event.error();

    Secret password;
    if (!options_.secret_ref.empty()) {
        Task<Result<Secret>> opening = secrets_(options_.secret_ref);
        Result<Secret> opened = co_await std::move(opening);
        if (!opened) co_return opened.error();
        password = std::move(*opened);
    }
    const std::string domain = options_.from.substr(options_.from.find('@') + 1);
    const MailEnvelope envelope{options_.from, notification.recipient,
                                notification.id + "@" + domain, notification.earlier,
                                notification.attempted_at};
    Mail mail{envelope.from, envelope.to, mail_message(*event, envelope)};
    Task<Result<void>> sending = sender_->send(std::move(mail), std::move(password));
    const Result<void> sent = co_await std::move(sending);
    if (!sent) co_return sent.error();
    Delivery delivered;
    delivered.receipt = envelope.message_id;
    co_return delivered;
}

}  // namespace kimbap::approval
