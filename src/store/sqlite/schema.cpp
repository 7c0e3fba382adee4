#include "store/sqlite/schema.hpp"

#include <array>
#include <string>

#include "base/ids.hpp"
#include "store/migrations/sqlite/0001_initial.hpp"
#include "store/migrations/sqlite/0002_outbox_channels.hpp"
#include "store/migrations/sqlite/0003_detached_calls.hpp"
#include "store/migrations/sqlite/0004_approval_counts.hpp"
#include "store/migrations/sqlite/0005_outbox_purge.hpp"
#include "store/migrations/sqlite/0006_token_owner.hpp"
#include "store/sqlite/connection.hpp"

namespace kimbap::store::sqlite {

namespace {

/// Only ever appended to: migration i brings the schema from version i to i + 1.
constexpr std::array kMigrations{
    migrations::sqlite::k0001Initial,       migrations::sqlite::k0002OutboxChannels,
    migrations::sqlite::k0003DetachedCalls, migrations::sqlite::k0004ApprovalCounts,
    migrations::sqlite::k0005OutboxPurge,   migrations::sqlite::k0006TokenOwner};

Result<std::int64_t> version_of(Connection& connection) {
    auto statement = connection.prepare("PRAGMA user_version");
    if (!statement) return statement.error();
    const auto row = statement->step();
    if (!row) return row.error();
    return statement->integer(0);
}

Result<void> apply(Connection& connection, std::size_t index) {
    for (const std::string& sql :
         {std::string(kMigrations[index]), "PRAGMA user_version=" + std::to_string(index + 1)}) {
        const Result<void> done = connection.execute(sql.c_str());
        if (!done) return done.error();
    }
    if (index == 0) {
        auto statement =
            connection.prepare("INSERT INTO meta (key, value) VALUES ('audit.chain', ?)");
        if (!statement) return statement.error();
        const std::string chain = new_id("chn");
        return statement->bind(chain).run();
    }
    return {};
}

}  // namespace

Result<void> migrate(Connection& connection) {
    auto version = version_of(connection);
    if (!version) return version.error();
    const auto newest = static_cast<std::int64_t>(kMigrations.size());
    if (*version == newest) return {};
    const Result<void> begun = connection.execute("BEGIN IMMEDIATE");
    if (!begun) return begun.error();
    version = version_of(connection);  // Another process may have migrated meanwhile.
    Result<void> done = {};
    if (!version) {
        done = version.error();
    } else if (*version > newest) {
        done = make_error(Errc::unsupported,
                          "the data directory was written by a newer kimbap (schema " +
                              std::to_string(*version) + ", this one knows " +
                              std::to_string(newest) + "): upgrade kimbap");
    }
    for (auto index = done ? *version : newest; index < newest && done; ++index) {
        done = apply(connection, static_cast<std::size_t>(index));
    }
    const Result<void> ended = connection.execute(done ? "COMMIT" : "ROLLBACK");
    if (!done) return done.error();
    return ended;
}

}  // namespace kimbap::store::sqlite
