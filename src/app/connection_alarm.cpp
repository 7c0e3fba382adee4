#include "app/connection_alarm.hpp"

#include "base/ids.hpp"
#include "base/json_text.hpp"
#include "oauth/refresher.hpp"
#include "store/outbox_store.hpp"
#include "store/store.hpp"

namespace kimbap::app {

oauth::ReauthListener connection_alarm(const Config& config, const Clock& clock) {
    std::vector<std::string> channels;
    for (const NotifyChannel& channel : config.notify) {
        if (channel.type == "webhook") channels.push_back(channel.name);
    }
    return [channels, &clock](store::Transaction& transaction,
                              const oauth::Connection& connection) -> Result<void> {
        const TimePoint now = clock.now();
        const json::object body{{"type", "connection.reauth_needed"},
                                {"timestamp", format_time(now)},
                                {"data",
                                 {{"connection", connection.id.text()},
                                  {"provider", connection.id.provider},
                                  {"account", connection.account},
                                  {"message", oauth::reauth_needed(connection).message}}}};
        for (const std::string& channel : channels) {
            store::OutboxRow row;
            row.id = new_id("evt");
            row.channel = channel;
            row.body = to_json(body);
            row.state = "pending";
            row.created_at = now;
            row.next_attempt_at = now;
            const Result<void> inserted = transaction.outbox().insert(row);
            if (!inserted) return inserted;
        }
        return {};
    };
}

}  // namespace kimbap::app
