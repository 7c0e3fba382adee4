#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "audit/reader.hpp"
#include "audit/writer.hpp"
#include "store/audit_store.hpp"
#include "support/manual_clock.hpp"
#include "unit/store/open_store.hpp"

namespace kimbap::test {

/// A log in a store of its own, and a hand at the database behind kimbap's back.
class LogFixture : public ::testing::Test, protected StoreFixture {
protected:
    audit::Record record(const std::string& kind = "call.finished") {
        audit::Record out;
        out.kind = kind;
        out.time = clock.now();
        out.caller = audit::Caller{"bot", "tok_1", {}, ""};
        out.action = "shop.list";
        clock.advance(std::chrono::seconds(1));
        return out;
    }
    /// In one transaction, as a thousand commits would take their time.
    void append(int count, const std::string& kind = "call.finished") {
        const auto done =
            store::write_blocking(*store, [&](store::Transaction& transaction) -> Result<void> {
                for (int i = 0; i < count; ++i) {
                    const auto appended = audit::append(transaction, record(kind));
                    if (!appended) return appended;
                }
                return {};
            });
        ASSERT_TRUE(done);
    }
    /// Does to the database what somebody with access to the file could do.
    void tamper(const std::string& sql) {
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open((folder / "data/kimbap.db").c_str(), &handle), SQLITE_OK);
        char* message = nullptr;
        EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
            << message;
        sqlite3_close(handle);
    }
    store::AuditHead head() {
        return store::query(*store, [](const store::Snapshot& s) { return s.audit().head(); })
            .value();
    }
    audit::Verification verify(const std::optional<audit::Checkpoint>& checkpoint = {}) {
        return audit::verify(*store, checkpoint).value();
    }

    ManualClock clock;
    audit::Writer log{*store};
};

}  // namespace kimbap::test
