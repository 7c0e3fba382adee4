#include "audit/pieces.hpp"

#include <utility>
#include <vector>

#include "store/store.hpp"

namespace kimbap::audit {

namespace {

constexpr std::size_t kPieceRecords = 1024;
constexpr std::size_t kPieceBytes = 4 * 1024 * 1024;

enum class Direction { forward, back };

Result<std::vector<store::AuditRow>> read_piece(const store::Store& store, std::int64_t from,
                                                Direction direction) {
    std::vector<store::AuditRow> piece;
    std::size_t bytes = 0;
    const auto collect = [&](const store::AuditRow& row) {
        piece.push_back(row);
        bytes += row.line.size();
        return piece.size() < kPieceRecords && bytes < kPieceBytes;
    };
    const auto read = store.read([&](const store::Snapshot& snapshot) {
        return direction == Direction::forward ? snapshot.audit().scan(from, collect)
                                               : snapshot.audit().scan_back(from, collect);
    });
    if (!read) return read.error();
    return piece;
}

Result<void> walk(const store::Store& store, std::int64_t from, Direction direction,
                  const std::function<bool(const store::AuditRow&)>& each) {
    for (;;) {
        const auto piece = read_piece(store, from, direction);
        if (!piece) return piece.error();
        if (piece->empty()) return {};
        for (const store::AuditRow& row : *piece) {
            if (!each(row)) return {};
        }
        from = piece->back().seq;
    }
}

}  // namespace

Result<void> in_pieces(const store::Store& store, std::int64_t after_seq,
                       const std::function<bool(const store::AuditRow&)>& each) {
    return walk(store, after_seq, Direction::forward, each);
}

Result<void> in_pieces_back(const store::Store& store, std::int64_t before_seq,
                            const std::function<bool(const store::AuditRow&)>& each) {
    return walk(store, before_seq, Direction::back, each);
}

}  // namespace kimbap::audit
