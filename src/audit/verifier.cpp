#include "audit/verifier.hpp"

#include <limits>
#include <utility>
#include <vector>

#include "audit/chain.hpp"
#include "audit/pieces.hpp"
#include "base/encoding.hpp"
#include "store/store.hpp"

namespace kimbap::audit {

namespace {

std::string record(std::int64_t seq) {
    return "record " + std::to_string(seq);
}

/// Whether the record that says it is number `seq` stands anywhere after place `after`: then it was
/// moved, else it is gone.
Result<bool> stands_later(const store::Store& store, std::int64_t seq, std::int64_t after) {
    bool found = false;
    const auto read = in_pieces(store, after, [&](const store::AuditRow& row) {
        const auto frame = frame_of(row.line);
        found = frame && frame->seq == seq;
        return !found;
    });
    if (!read) return read.error();
    return found;
}

std::optional<Fault> check_against(const Checkpoint& checkpoint, const store::AuditHead& head) {
    if (checkpoint.chain != head.chain) {
        return Fault{FaultKind::foreign, 0,
                     "the checkpoint is of another log (" + checkpoint.chain + ", this one is " +
                         head.chain + ")"};
    }
    if (checkpoint.seq > head.seq) {
        return Fault{FaultKind::cut_off, head.seq + 1,
                     "the log ends at " + record(head.seq) + ", but the checkpoint saw " +
                         std::to_string(checkpoint.seq) + ": its tail was cut off"};
    }
    return std::nullopt;
}

}  // namespace

std::string_view name(FaultKind kind) noexcept {
    switch (kind) {
        case FaultKind::changed:
            return "changed";
        case FaultKind::missing:
            return "missing";
        case FaultKind::reordered:
            return "reordered";
        case FaultKind::foreign:
            return "foreign";
        case FaultKind::cut_off:
            return "cut_off";
        case FaultKind::rewritten:
            return "rewritten";
    }
    return "changed";
}

Fault ChainVerifier::fault(FaultKind kind, std::string message) const {
    const std::int64_t seq = head_.seq + 1;
    return {kind, seq, record(seq) + std::move(message)};
}

std::optional<Fault> ChainVerifier::feed(const store::AuditRow& row) {
    const std::int64_t seq = head_.seq + 1;
    if (row.seq < seq) {
        return Fault{FaultKind::foreign, row.seq,
                     record(row.seq) + " stands before the log's first"};
    }
    if (row.seq > seq) return fault(FaultKind::missing, " is missing");
    if (hash_of(row.line) != row.hash) {
        return fault(FaultKind::changed, " was changed: its text and its hash don't agree");
    }
    const auto frame = frame_of(row.line);
    if (!frame) return fault(FaultKind::changed, " is not a record as kimbap writes them");
    if (frame->chain != head_.chain) {
        return fault(FaultKind::foreign, " is of another log (" + std::string(frame->chain) + ")");
    }
    if (frame->seq != seq) {
        return fault(FaultKind::reordered,
                     " is not in its place: " + record(frame->seq) + " stands there");
    }
    if (frame->prev != hex_encode(bytes_of(head_.hash))) {
        const std::string before = seq == 1 ? "begin the log" : "follow " + record(seq - 1);
        return fault(FaultKind::changed,
                     " does not " + before + ": one of them was changed and hashed again");
    }
    if (frame->time != format_time(row.time)) {
        return fault(FaultKind::changed, " was changed: its time in the index is another");
    }
    head_.seq = seq;
    head_.hash = row.hash;
    return std::nullopt;
}

Result<Verification> verify(const store::Store& store, const std::optional<Checkpoint>& checkpoint,
                            const std::function<void(std::int64_t)>& progress) {
    constexpr std::int64_t kProgressStep = 10'000;
    const auto start = store::query(
        store, [](const store::Snapshot& snapshot) { return snapshot.audit().head(); });
    if (!start) return start.error();
    ChainVerifier verifier(start->chain);
    std::optional<Fault> fault;
    constexpr std::int64_t kBeforeAll = std::numeric_limits<std::int64_t>::min();
    const auto walked = in_pieces(store, kBeforeAll, [&](const store::AuditRow& row) {
        fault = verifier.feed(row);
        if (!fault && checkpoint && checkpoint->chain == start->chain &&
            checkpoint->seq == row.seq && checkpoint->hash != hex_encode(bytes_of(row.hash))) {
            fault = Fault{FaultKind::rewritten, row.seq,
                          record(row.seq) +
                              " is not the one the checkpoint signed: the log was "
                              "written anew"};
        }
        if (progress && row.seq % kProgressStep == 0) progress(row.seq);
        return !fault;
    });
    if (!walked) return walked.error();
    if (fault && fault->kind == FaultKind::reordered) {
        const auto later = stands_later(store, fault->seq, fault->seq);
        if (!later) return later.error();
        if (!*later) fault->kind = FaultKind::missing;
    }
    if (!fault && checkpoint) fault = check_against(*checkpoint, verifier.head());

    Verification out;
    out.intact = !fault;
    out.records = verifier.head().seq;
    out.head = hex_encode(bytes_of(verifier.head().hash));
    if (fault) {
        out.bad_seq = fault->seq;
        out.fault = std::move(fault->message);
        out.kind = fault->kind;
    }
    return out;
}

}  // namespace kimbap::audit
