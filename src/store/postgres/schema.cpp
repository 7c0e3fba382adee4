#include "store/postgres/schema.hpp"

#include <array>
#include <charconv>
#include <string>

#include "base/ids.hpp"
#include "store/migrations/postgres/0001_initial.hpp"
#include "store/migrations/postgres/0002_token_owner.hpp"
#include "store/postgres/connection.hpp"
#include "store/sql/tables.hpp"

namespace kimbap::store::postgres {

namespace {

/// Only ever appended to: migration i brings the schema from version i to i + 1.
constexpr std::array kMigrations{migrations::postgres::k0001Initial,
                                 migrations::postgres::k0002TokenOwner};
constexpr std::size_t kNewest = kMigrations.size();
/// In `meta`, in decimal.
constexpr std::string_view kVersion = "schema.version";

/// Asks the catalogue's tables: to_regclass() answers from a cache, which in a transaction may be
/// older than the lock that it waited for.
Result<bool> exists(Connection& connection) {
    auto statement = connection.prepare(
        "SELECT has_schema_privilege(nspname, 'USAGE')::int::bigint "
        "FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE nspname = 'kimbap' AND relname = 'meta'");
    if (!statement) return statement.error();
    const auto row = statement->step();
    if (!row) return row.error();
    if (*row && statement->integer(0) == 0) {
        return make_error(Errc::storage_failure,
                          "the store failed: permission denied for schema kimbap (grant kimbap's "
                          "role what it needs: docs/postgresql.md)");
    }
    return *row;
}

Result<std::size_t> version_of(Connection& connection) {
    const auto found = exists(connection);
    if (!found) return found.error();
    if (!*found) return std::size_t{0};
    const auto text = sql::MetaTable(connection).get(kVersion);
    if (!text) return text.error();
    std::size_t version = 0;
    const std::string& digits = text->value_or("");
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), version);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
        return make_error(Errc::corrupt, "the schema kimbap of this database is not kimbap's");
    }
    return version;
}

Result<void> apply(Connection& connection, std::size_t index) {
    Result<void> done = {};
    // Where it exists, the right to make it isn't asked for.
    if (index == 0) {
        done = connection.run(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'kimbap') THEN "
            "CREATE SCHEMA kimbap; END IF; END $$");
    }
    if (done) done = connection.run(kMigrations[index]);
    sql::MetaTable meta(connection);
    if (done && index == 0) done = meta.put("audit.chain", new_id("chn"));
    if (done) done = meta.put(kVersion, std::to_string(index + 1));
    return done;
}

Result<void> apply_all(Connection& connection) {
    const auto version = version_of(connection);  // another process may have migrated meanwhile
    if (!version) return version.error();
    Result<void> done = {};
    for (std::size_t index = *version; done && index < kNewest; ++index) {
        done = apply(connection, index);
    }
    return done;
}

}  // namespace

Result<void> migrate(Connection& connection) {
    const auto version = version_of(connection);
    if (!version) return version.error();
    if (*version > kNewest) {
        return make_error(Errc::unsupported, "the database was written by a newer kimbap (schema " +
                                                 std::to_string(*version) + ", this one knows " +
                                                 std::to_string(kNewest) + "): upgrade kimbap");
    }
    if (*version == kNewest) return {};
    Result<void> done = connection.begin_write();
    if (!done) return done;
    done = apply_all(connection);
    if (!done) {
        static_cast<void>(connection.run("ROLLBACK"));
        return done;
    }
    return connection.commit();
}

}  // namespace kimbap::store::postgres
