#include "audit/writer.hpp"

#include <boost/asio/this_coro.hpp>
#include <string>
#include <utility>

#include "audit/chain.hpp"
#include "store/audit_store.hpp"
#include "store/awaited_write.hpp"
#include "store/store.hpp"

namespace kimbap::audit {

namespace {

Result<void> append_body(store::Transaction& transaction, TimePoint time, std::string_view body) {
    store::AuditStore& log = transaction.audit();
    const auto head = log.head();
    if (!head) return head.error();
    store::AuditRow row;
    row.seq = head->seq + 1;
    row.time = time;
    row.line = line_of(head->chain, row.seq, body, head->hash);
    row.hash = hash_of(row.line);
    return log.append(row);
}

class AppendOperation final : public store::AwaitedWrite {
public:
    AppendOperation(store::Store& store, const asio::any_io_executor& executor, TimePoint time,
                    std::string_view body)
        : AwaitedWrite(store, executor, true), time_(time), body_(body) {}
    Result<void> run(store::Transaction& transaction) override {
        return append_body(transaction, time_, body_);
    }

private:
    TimePoint time_;
    std::string_view body_;
};

Task<Result<void>> append_rendered(store::Store& store, TimePoint time, std::string body) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    AppendOperation operation(store, executor, time, body);
    co_await operation.wait();
    co_return std::move(operation.outcome);
}

}  // namespace

Result<void> append(store::Transaction& transaction, const Record& record) {
    return append_body(transaction, record.time, body_of(record));
}

Task<Result<void>> Writer::append(Record record) {
    // No coroutine of its own: one frame a record is enough.
    return append_rendered(store_, record.time, body_of(record));
}

Result<void> Writer::append_blocking(const Record& record) {
    return store::write_blocking(
        store_, [time = record.time, body = body_of(record)](store::Transaction& transaction) {
            return append_body(transaction, time, body);
        });
}

}  // namespace kimbap::audit
