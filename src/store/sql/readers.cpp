#include "store/sql/readers.hpp"

#include "store/sql/tables.hpp"

namespace kimbap::store::sql {

Result<std::unique_ptr<Connection>> Readers::borrow() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto reader = std::move(idle_.back());
            idle_.pop_back();
            return reader;
        }
    }
    return open_();
}

Result<void> Readers::read(const Read& work) {
    auto reader = borrow();
    if (!reader) return reader.error();
    Result<void> outcome = (*reader)->begin_read();
    if (!outcome) return outcome;
    {
        Tables tables(**reader);
        outcome = work(tables);
    }
    const Result<void> ended = (*reader)->commit();
    if (!ended) return outcome ? ended : outcome;
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(*reader));
    return outcome;
}

}  // namespace kimbap::store::sql
