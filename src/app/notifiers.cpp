#include "app/notifiers.hpp"

#include <algorithm>

#include "app/http_poster.hpp"
#include "app/lane.hpp"
#include "app/smtp_sender.hpp"
#include "approval/decision_link.hpp"
#include "approval/event_view.hpp"
#include "approval/notifiers/factory.hpp"
#include "async/worker_pool.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "vault/vault.hpp"

namespace kimbap::app {

namespace {

net::SmtpServer smtp_server(const approval::ChannelConfig& channel) {
    const net::SmtpTls tls = channel.tls == "implicit" ? net::SmtpTls::implicit
                             : channel.tls == "none"   ? net::SmtpTls::none
                                                       : net::SmtpTls::starttls;
    return {channel.host, channel.port, tls, channel.username};
}

}  // namespace

Notifiers::Notifiers(Gateway& gateway, Gateway::Lane& lane, async::CancelToken cancel)
    : poster_(std::make_unique<HttpPoster>(lane.http, cancel)) {
    approval::NotifierMeans means{
        *poster_,
        [&gateway, cancel](const approval::ChannelConfig& channel) {
            return std::make_unique<SmtpSender>(smtp_server(channel), gateway.guard(), cancel);
        },
        [&gateway](std::string ref) {
            return gateway.vault().open(std::move(ref), gateway.workers());
        },
        // On a worker: the first link derives the key.
        [&gateway](approval::DecisionLink link) {
            return gateway.workers().run(
                [&gateway, link = std::move(link)] { return gateway.links().make(link); });
        }};
    for (const NotifyChannel& channel : gateway.config().notify) {
        auto notifier = approval::make_notifier(channel, means);
        if (notifier) {
            made_.push_back(std::move(*notifier));
        } else {
            log::error("a notification channel can't be used",
                       {{"channel", channel.name}, {"error", notifier.error().message}});
        }
    }
}

Notifiers::~Notifiers() = default;

std::vector<std::unique_ptr<approval::Notifier>> Notifiers::take() {
    return std::move(made_);
}

Task<Result<void>> try_channel(Gateway& gateway, Gateway::Lane& lane, std::string name) {
    const auto& entries = gateway.config().notify;
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [&](const auto& one) { return one.name == name; });
    if (entry == entries.end()) {
        std::vector<std::string> names;
        for (const NotifyChannel& one : entries) names.push_back(one.name);
        co_return make_error(Errc::not_found,
                             "no entry of notify is named " + name +
                                 (names.empty() ? "" : " (there are " + join(names, ", ") + ")"));
    }
    Notifiers all(gateway, lane);
    const auto notifiers = all.take();
    for (const auto& notifier : notifiers) {
        if (notifier->name() != name) continue;
        for (const std::string& recipient : approval::recipients_of(*entry)) {
            const TimePoint now = gateway.clock().now();
            const approval::Notification test{new_id("evt"), "", now,
                                              approval::test_event(name, now), recipient};
            Task<approval::Delivery> delivering = notifier->deliver(test);
            const approval::Delivery delivery = co_await std::move(delivering);
            if (delivery.failure) co_return *delivery.failure;
        }
        co_return Result<void>();
    }
    co_return make_error(Errc::invalid_config, "the entry can't be used");
}

}  // namespace kimbap::app
