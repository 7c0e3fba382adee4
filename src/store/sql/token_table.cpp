#include <algorithm>

#include "base/json_text.hpp"
#include "store/sql/rows.hpp"
#include "store/sql/tables.hpp"

namespace kimbap::store::sql {

namespace {

std::string to_list(const std::vector<std::string>& strings) {
    json::array list;
    for (const std::string& string : strings) list.emplace_back(string);
    return to_json(list);
}

Result<std::vector<std::string>> from_list(std::string_view text) {
    const auto list = parse_json(text);
    if (!list || !list->is_array()) return make_error(Errc::corrupt, "a token's row is damaged");
    std::vector<std::string> out;
    for (const auto& element : list->get_array()) {
        if (!element.is_string()) return make_error(Errc::corrupt, "a token's row is damaged");
        out.emplace_back(element.get_string());
    }
    return out;
}

Result<TokenRow> read_row(const Statement& statement) {
    TokenRow row;
    row.id = statement.text(0);
    row.is_operator = statement.integer(1) != 0;
    row.name = statement.text(2);
    auto roles = from_list(statement.view(3));
    if (!roles) return roles.error();
    row.roles = std::move(*roles);
    auto actions = from_list(statement.view(4));
    if (!actions) return actions.error();
    row.actions = std::move(*actions);
    const std::string_view hash = statement.view(5);
    if (hash.size() != row.hash.size())
        return make_error(Errc::corrupt, "a token's row is damaged");
    std::copy(hash.begin(), hash.end(), row.hash.begin());
    row.created_at = statement.time(6);
    row.expires_at = statement.optional_time(7);
    row.revoked_at = statement.optional_time(8);
    row.owner = statement.text(9);
    return row;
}

}  // namespace

Result<std::vector<TokenRow>> TokenTable::list() const {
    auto statement = connection_.prepare(
        "SELECT id, is_operator, name, roles, actions, hash, created_at, expires_at, revoked_at, "
        "owner FROM tokens ORDER BY created_at, id");
    if (!statement) return statement.error();
    return all_rows<TokenRow>(*statement, read_row);
}

Result<void> TokenTable::insert(const TokenRow& row) {
    auto statement = connection_.prepare(
        "INSERT INTO tokens (id, is_operator, name, roles, actions, hash, created_at, expires_at, "
        "revoked_at, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!statement) return statement.error();
    const std::string roles = to_list(row.roles);
    const std::string actions = to_list(row.actions);
    touched_.add(Topic::tokens);
    return statement->bind(row.id)
        .bind(std::int64_t{row.is_operator})
        .bind(row.name)
        .bind(roles)
        .bind(actions)
        .bind_blob(row.hash.data(), row.hash.size())
        .bind(row.created_at)
        .bind(row.expires_at)
        .bind(row.revoked_at)
        .bind(row.owner)
        .run();
}

Result<void> TokenTable::revoke(std::string_view id, TimePoint at) {
    auto find = connection_.prepare("SELECT revoked_at FROM tokens WHERE id = ?");
    if (!find) return find.error();
    const auto row = find->bind(id).step();
    if (!row) return row.error();
    if (!*row) {
        return make_error(Errc::not_found, "no token " + std::string(id) +
                                               " (see `kimbap token list` for the identifiers)");
    }
    if (!find->is_null(0)) {
        return make_error(Errc::conflict, "token " + std::string(id) + " is revoked already");
    }
    auto update = connection_.prepare("UPDATE tokens SET revoked_at = ? WHERE id = ?");
    if (!update) return update.error();
    touched_.add(Topic::tokens);
    return update->bind(at).bind(id).run();
}

}  // namespace kimbap::store::sql
