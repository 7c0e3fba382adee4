#include <algorithm>

#include "store/sql/rows.hpp"
#include "store/sql/tables.hpp"

namespace kimbap::store::sql {

namespace {

template <class Array>
bool read_array(std::string_view bytes, Array& out) {
    if (bytes.size() != out.size()) return false;
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return true;
}

Result<SecretRow> read_row(const Statement& statement) {
    SecretRow row;
    row.name = statement.text(0);
    row.version = statement.integer(1);
    row.iterations = statement.integer(2);
    row.ciphertext = statement.text(5);
    row.created_at = statement.time(7);
    row.updated_at = statement.time(8);
    if (!read_array(statement.view(3), row.salt) || !read_array(statement.view(4), row.nonce) ||
        !read_array(statement.view(6), row.tag)) {
        return make_error(Errc::corrupt, "the vault record " + row.name +
                                             " is damaged (set it again with `kimbap vault set`)");
    }
    return row;
}

}  // namespace

Result<std::vector<SecretInfo>> SecretTable::list() const {
    auto statement = connection_.prepare(
        "SELECT name, version, created_at, updated_at FROM secrets ORDER BY name");
    if (!statement) return statement.error();
    return all_rows<SecretInfo>(*statement, [](const Statement& row) {
        return SecretInfo{row.text(0), row.integer(1), row.time(2), row.time(3)};
    });
}

Result<std::optional<SecretRow>> SecretTable::find(std::string_view name) const {
    auto statement = connection_.prepare(
        "SELECT name, version, iterations, salt, nonce, ciphertext, tag, created_at, updated_at "
        "FROM secrets WHERE name = ?");
    if (!statement) return statement.error();
    return next_row<SecretRow>(statement->bind(name), read_row);
}

Result<std::vector<SecretRow>> SecretTable::all() const {
    auto statement = connection_.prepare(
        "SELECT name, version, iterations, salt, nonce, ciphertext, tag, created_at, updated_at "
        "FROM secrets ORDER BY name");
    if (!statement) return statement.error();
    return all_rows<SecretRow>(*statement, read_row);
}

Result<void> SecretTable::put(const SecretRow& row) {
    auto statement = connection_.prepare(
        "INSERT INTO secrets (name, version, iterations, salt, nonce, ciphertext, tag, created_at, "
        "updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "version = excluded.version, iterations = excluded.iterations, salt = excluded.salt, "
        "nonce = excluded.nonce, ciphertext = excluded.ciphertext, tag = excluded.tag, "
        "updated_at = excluded.updated_at");
    if (!statement) return statement.error();
    touched_.add(Topic::secrets);
    return statement->bind(row.name)
        .bind(row.version)
        .bind(row.iterations)
        .bind_blob(row.salt.data(), row.salt.size())
        .bind_blob(row.nonce.data(), row.nonce.size())
        .bind_blob(row.ciphertext.data(), row.ciphertext.size())
        .bind_blob(row.tag.data(), row.tag.size())
        .bind(row.created_at)
        .bind(row.updated_at)
        .run();
}

Result<void> SecretTable::remove(std::string_view name) {
    auto statement = connection_.prepare("DELETE FROM secrets WHERE name = ?");
    if (!statement) return statement.error();
    const auto done = statement->bind(name).run();
    if (!done) return done.error();
    if (connection_.changes() == 0) {
        return make_error(Errc::not_found, "no secret " + std::string(name) +
                                               " (see `kimbap vault list` for the names)");
    }
    touched_.add(Topic::secrets);
    return {};
}

}  // namespace kimbap::store::sql
