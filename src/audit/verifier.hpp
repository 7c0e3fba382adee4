#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "store/audit_store.hpp"

namespace kimbap::store {
class Store;
}

namespace kimbap::audit {

struct Checkpoint;

/// What is wrong with the log.
enum class FaultKind {
    changed,    ///< A record's text, hash or time column is not what was written.
    missing,    ///< A record between others is gone.
    reordered,  ///< A record stands where another belongs.
    foreign,    ///< A record of another chain.
    cut_off,    ///< The log ends before the checkpoint.
    rewritten,  ///< The record at the checkpoint differs from the one that was signed.
};
[[nodiscard]] std::string_view name(FaultKind kind) noexcept;

struct Fault {
    FaultKind kind = FaultKind::changed;
    std::int64_t seq = 0;  ///< The first bad record's place.
    std::string message;   ///< For a person.
};

/// Checks records one by one, in ascending order, in constant memory. Pure.
class ChainVerifier {
public:
    explicit ChainVerifier(std::string chain) { head_.chain = std::move(chain); }

    /// The fault of `row`, if it has one; feed no more rows then.
    [[nodiscard]] std::optional<Fault> feed(const store::AuditRow& row);
    /// Of the records fed so far.
    [[nodiscard]] const store::AuditHead& head() const noexcept { return head_; }

private:
    store::AuditHead head_;
};

struct Verification {
    store::AuditHead head;       ///< Of the good records: its seq is their count.
    std::optional<Fault> fault;  ///< None: the log is whole.
};

/// Walks the whole log; with a checkpoint, also finds a cut-off tail or a rewritten history. The
/// checkpoint's signature is the caller's to check first (check_signature). `progress` is called
/// now and then with the seq reached; may be empty. Blocks; reads in pieces, so that it never holds
/// a snapshot for long. Errors: storage_failure only; what is wrong with the log is the
/// Verification's.
[[nodiscard]] Result<Verification> verify_log(
    const store::Store& store, const Checkpoint* checkpoint = nullptr,
    const std::function<void(std::int64_t)>& progress = {});

}  // namespace kimbap::audit
