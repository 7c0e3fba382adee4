#include "app/auth_failures.hpp"

#include <atomic>

#include "app/gateway.hpp"
#include "audit/writer.hpp"
#include "base/log.hpp"
#include "net/http_server.hpp"
#include "store/store.hpp"

namespace kimbap::app {

namespace {

constexpr int kMaxPerMinute = 60;

struct Budget {
    std::atomic<std::int64_t> minute{0};
    std::atomic<int> used{0};
    std::atomic<std::int64_t> left_out{0};
};

/// Whether one more may be written in this minute.
bool spend(Budget& budget, std::int64_t minute) {
    if (budget.minute.exchange(minute) != minute) budget.used = 0;
    if (budget.used.fetch_add(1) < kMaxPerMinute) return true;
    budget.left_out.fetch_add(1);
    return false;
}

}  // namespace

void record_auth_failure(Gateway& gateway, const net::HttpRequest& request,
                         std::string_view wanted) {
    static Budget budget;  // per process, as the flood is
    const TimePoint now = gateway.clock().now();
    if (!spend(budget, to_unix_micros(now) / 60'000'000)) return;
    audit::Record record;
    record.kind = "auth.failed";
    record.time = now;
    record.details = {{"peer", request.peer.address().to_string()},
                      {"path", std::string(request.path().substr(0, 200))},
                      {"wanted", wanted}};
    if (const auto left_out = budget.left_out.exchange(0); left_out > 0) {
        record.details["left_out"] = left_out;
    }
    gateway.store().submit(
        [record](store::Transaction& transaction) { return audit::append(transaction, record); },
        [](Result<void> written) {
            if (!written)
                log::error("auth.failed can't be recorded", {{"error", written.error().message}});
        });
}

}  // namespace kimbap::app
