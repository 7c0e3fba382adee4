#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "audit/checkpoint.hpp"
#include "base/error.hpp"
#include "store/audit_store.hpp"

namespace kimbap::store {
class Store;
}

namespace kimbap::audit {

/// What can be wrong with the log.
enum class FaultKind {
    changed,    ///< A record's text, hash or time is not what was written.
    missing,    ///< A record is gone.
    reordered,  ///< A record stands where another one belongs.
    foreign,    ///< A record or the checkpoint is of another log.
    cut_off,    ///< The log ends before the checkpoint.
    rewritten,  ///< The record at the checkpoint is not the one that was signed.
};
[[nodiscard]] std::string_view name(FaultKind kind) noexcept;

struct Fault {
    FaultKind kind = FaultKind::changed;
    std::int64_t seq = 0;  ///< The first bad record's place.
    std::string message;   ///< For a person.
};

/// Checks records one by one, ascending, in constant memory. Pure.
class ChainVerifier {
public:
    explicit ChainVerifier(std::string chain) { head_.chain = std::move(chain); }

    /// What is wrong with `row`, if anything; feed no more rows then.
    [[nodiscard]] std::optional<Fault> feed(const store::AuditRow& row);
    /// Of the records found right so far.
    [[nodiscard]] const store::AuditHead& head() const noexcept { return head_; }

private:
    [[nodiscard]] Fault fault(FaultKind kind, std::string message) const;

    store::AuditHead head_;
};

/// What verify found.
struct Verification {
    bool intact = false;
    std::int64_t records = 0;  ///< Checked and found right.
    std::string head;          ///< Hash of the last right record, hexadecimal.
    std::int64_t bad_seq = 0;  ///< Place of the first wrong record.
    std::string fault;         ///< What is wrong with it, for a person.
    std::optional<FaultKind> kind;
};

/// Walks the whole log: each record's hash, link, number and time. With a checkpoint (its signature
/// checked by the caller first) also that the log still reaches it and has the same record there.
/// `progress` hears now and then how many records were checked; may be empty. Blocks, but reads in
/// pieces: it never holds a snapshot of the store for long. Errors: storage_failure.
Result<Verification> verify(const store::Store& store, const std::optional<Checkpoint>& checkpoint,
                            const std::function<void(std::int64_t)>& progress = {});

}  // namespace kimbap::audit
