#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "store/change_board.hpp"
#include "store/sql/change_signal.hpp"

namespace kimbap::store::sqlite {

/// The ChangeBoard as a small file that every process of a data directory maps.
class ChangeFile final : public ChangeBoard, public sql::ChangeSignal {
public:
    /// Errors: storage_failure. Where the file can be read but not written, it is followed, and
    /// announce() must not be called; where there is none to read, a board that is never stable is
    /// given, so that nobody caches what somebody else may change.
    static Result<std::unique_ptr<ChangeFile>> open(const std::string& path);
    ~ChangeFile() override;
    ChangeFile(const ChangeFile&) = delete;
    ChangeFile& operator=(const ChangeFile&) = delete;

    std::uint64_t version(Topic topic) const noexcept override;

    /// announce(), while the database's write lock is held, also takes over the counters that are
    /// odd already, because their writer crashed or has not settled yet. settle() makes them even,
    /// unless a later writer has taken them over meanwhile. Never fails.
    Result<void> announce(unsigned topics) noexcept override;
    void settle() noexcept override;

private:
    struct Page {
        std::array<std::atomic<std::uint64_t>, 64> versions;
    };
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

    explicit ChangeFile(Page* page) : page_(page) {}
    static Result<std::unique_ptr<ChangeFile>> open_read_only(const std::string& path);

    Page* page_;
    std::array<std::uint64_t, kTopicCount> announced_{};  ///< 0: not announced.
};

}  // namespace kimbap::store::sqlite
