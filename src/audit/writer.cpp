#include "audit/writer.hpp"

#include "audit/chain.hpp"
#include "store/audit_store.hpp"
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

store::Write write_of(const Record& record) {
    return [time = record.time, body = body_of(record)](store::Transaction& transaction) {
        return append_body(transaction, time, body);
    };
}

}  // namespace

Result<void> append(store::Transaction& transaction, const Record& record) {
    return append_body(transaction, record.time, body_of(record));
}

Task<Result<void>> Writer::append(Record record) {
    store::Write work = write_of(record);
    co_return co_await store::write(store_, std::move(work));
}

Result<void> Writer::append_blocking(const Record& record) {
    return store::write_blocking(store_, write_of(record));
}

}  // namespace kimbap::audit
