#include "identity/token_registry.hpp"

#include <algorithm>
#include <cstring>

#include "async/worker_pool.hpp"
#include "audit/writer.hpp"
#include "base/encoding.hpp"
#include "base/glob.hpp"
#include "base/ids.hpp"
#include "base/json_text.hpp"
#include "identity/token.hpp"
#include "store/store.hpp"

namespace kimbap::identity {

namespace {

constexpr std::chrono::milliseconds kNoTime{0};
/// Beyond, dates would overflow.
constexpr std::chrono::hours kLongestTtl{24 * 365 * 100};

Error refused() {
    return make_error(Errc::unauthenticated,
                      "the bearer token is missing, malformed, unknown, expired or revoked (create "
                      "one with `kimbap token create`)");
}

Error wrong(std::string message) {
    return make_error(Errc::invalid_argument, std::move(message));
}

/// Names, roles and globs: printable and without spaces, as they stand in logs and policies.
bool usable(std::string_view text) {
    return !text.empty() && text.size() <= TokenRegistry::kMaxNameBytes && is_utf8(text) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
}

Result<void> check_list(const std::vector<std::string>& list, std::size_t limit,
                        std::string_view what) {
    if (list.size() > limit) {
        return wrong("more than " + std::to_string(limit) + " " + std::string(what) + "s");
    }
    for (const std::string& each : list) {
        if (!usable(each)) {
            return wrong("not a usable " + std::string(what) + ": \"" + to_valid_utf8(each) +
                         "\" (1 to 128 bytes, no spaces)");
        }
    }
    return {};
}

Result<void> check(const NewToken& wanted) {
    if (!usable(wanted.name)) {
        return wrong("not a usable name: \"" + to_valid_utf8(wanted.name) +
                     "\" (1 to 128 bytes, no spaces)");
    }
    if (wanted.is_operator && !wanted.actions.empty()) {
        return wrong("an operator's token takes no actions (these restrict agents)");
    }
    const Result<void> roles = check_list(wanted.roles, TokenRegistry::kMaxRoles, "role");
    if (!roles) return roles;
    const Result<void> actions = check_list(wanted.actions, TokenRegistry::kMaxActions, "action");
    if (!actions) return actions;
    if (wanted.ttl && (*wanted.ttl <= kNoTime || *wanted.ttl > kLongestTtl)) {
        return wrong("the token's lifetime must be more than nothing and at most 100 years");
    }
    return {};
}

audit::Record token_changed(TimePoint now, std::string_view actor, std::string_view change,
                            json::object details) {
    audit::Record record;
    record.kind = "token.changed";
    record.time = now;
    details["change"] = change;
    details["by"] = actor;
    record.details = std::move(details);
    return record;
}

json::array to_array(const std::vector<std::string>& strings) {
    return json::array(strings.begin(), strings.end());
}

}  // namespace

std::string_view name(Refusal::Reason reason) noexcept {
    switch (reason) {
        case Refusal::Reason::malformed:
            return "malformed";
        case Refusal::Reason::unknown:
            return "unknown";
        case Refusal::Reason::revoked:
            return "revoked";
        case Refusal::Reason::expired:
            return "expired";
    }
    return "unknown";
}

bool Identity::permits(std::string_view action) const {
    return actions.empty() ||
           std::any_of(actions.begin(), actions.end(),
                       [&](const std::string& glob) { return glob_match(glob, action); });
}

Result<CreatedToken> TokenRegistry::create(const NewToken& wanted, std::string_view actor) {
    const Result<void> checked = check(wanted);
    if (!checked) return checked.error();
    CreatedToken created{new_id("tok"), new_token()};
    const TimePoint now = clock_.now();
    store::TokenRow row;
    row.id = created.id;
    row.is_operator = wanted.is_operator;
    row.name = wanted.name;
    row.roles = wanted.roles;
    row.actions = wanted.actions;
    row.owner = wanted.owner;
    row.hash = *token_hash(created.token.reveal());
    row.created_at = now;
    if (wanted.ttl) row.expires_at = now + *wanted.ttl;

    json::object details{{"token", row.id},
                         {"name", row.name},
                         {"operator", row.is_operator},
                         {"roles", to_array(row.roles)},
                         {"actions", to_array(row.actions)}};
    if (row.expires_at) details["expires_at"] = format_time(*row.expires_at);
    const audit::Record record = token_changed(now, actor, "created", std::move(details));
    const Result<void> stored =
        store::write_blocking(store_, [&](store::Transaction& transaction) -> Result<void> {
            const Result<void> inserted = transaction.tokens().insert(row);
            if (!inserted) return inserted;
            return audit::append(transaction, record);
        });
    if (!stored) return stored.error();
    return created;
}

Result<void> TokenRegistry::revoke(std::string_view id, std::string_view actor) {
    const TimePoint now = clock_.now();
    const audit::Record record = token_changed(now, actor, "revoked", {{"token", id}});
    return store::write_blocking(store_, [&](store::Transaction& transaction) -> Result<void> {
        const Result<void> revoked = transaction.tokens().revoke(id, now);
        if (!revoked) return revoked;
        return audit::append(transaction, record);
    });
}

Result<std::vector<store::TokenRow>> TokenRegistry::list() const {
    return store::query(store_,
                        [](const store::Snapshot& snapshot) { return snapshot.tokens().list(); });
}

std::size_t TokenRegistry::HashKey::operator()(const Sha256& hash) const noexcept {
    std::size_t key = 0;
    std::memcpy(&key, hash.data(), sizeof key);
    return key;
}

std::shared_ptr<const TokenRegistry::Snapshot> TokenRegistry::current() const {
    auto snapshot = snapshot_.load();
    if (!snapshot || snapshot->version != store_.changes().version(store::Topic::tokens)) {
        return nullptr;
    }
    return snapshot;
}

Result<std::shared_ptr<const TokenRegistry::Snapshot>> TokenRegistry::reload() const {
    const std::lock_guard lock(reload_mutex_);
    if (auto snapshot = current()) return snapshot;
    auto fresh = std::make_shared<Snapshot>();
    fresh->version = store_.changes().version(store::Topic::tokens);
    auto rows = list();
    if (!rows) return rows.error();
    for (store::TokenRow& row : *rows) {
        auto identity = std::make_shared<const Identity>(
            Identity{row.id, std::move(row.name), row.is_operator, std::move(row.roles),
                     std::move(row.actions), row.expires_at, std::move(row.owner)});
        const bool revoked = row.revoked_at.has_value();
        if (!revoked) fresh->by_id.emplace(row.id, identity);
        fresh->by_hash.emplace(row.hash, Entry{std::move(identity), row.hash, revoked});
    }
    if (store::ChangeBoard::stable(fresh->version)) snapshot_.store(fresh);
    return std::shared_ptr<const Snapshot>(std::move(fresh));
}

Result<IdentityPtr> TokenRegistry::find(const Snapshot& snapshot, std::string_view bearer,
                                        Refusal* refusal) const {
    const auto refuse = [&](Refusal::Reason reason, std::string token = {}) {
        if (refusal != nullptr) *refusal = {reason, std::move(token)};
        return refused();
    };
    const auto hash = token_hash(bearer);
    if (!hash) return refuse(Refusal::Reason::malformed);
    const auto found = snapshot.by_hash.find(*hash);
    if (found == snapshot.by_hash.end() ||
        !constant_time_equal(bytes_of(found->second.hash), bytes_of(*hash))) {
        return refuse(is_intact(bearer) ? Refusal::Reason::unknown : Refusal::Reason::malformed);
    }
    const IdentityPtr& identity = found->second.identity;
    if (found->second.revoked) return refuse(Refusal::Reason::revoked, identity->token);
    if (identity->expires_at && *identity->expires_at <= clock_.now()) {
        return refuse(Refusal::Reason::expired, identity->token);
    }
    return identity;
}

bool TokenRegistry::stands(const Snapshot& snapshot, const Identity& identity) const {
    return snapshot.by_id.contains(identity.token) &&
           (!identity.expires_at || *identity.expires_at > clock_.now());
}

std::optional<Result<IdentityPtr>> TokenRegistry::try_authenticate(std::string_view bearer,
                                                                   Refusal* refusal) const {
    const auto snapshot = current();
    if (!snapshot) return std::nullopt;
    return find(*snapshot, bearer, refusal);
}

Task<Result<IdentityPtr>> TokenRegistry::authenticate(std::string_view bearer,
                                                      async::WorkerPool& workers,
                                                      Refusal* refusal) {
    if (auto known = try_authenticate(bearer, refusal)) co_return std::move(*known);
    auto job = workers.run([this] { return reload(); });
    const auto snapshot = co_await std::move(job);
    if (!snapshot) co_return snapshot.error();
    co_return find(**snapshot, bearer, refusal);
}

Result<IdentityPtr> TokenRegistry::authenticate_blocking(std::string_view bearer,
                                                         Refusal* refusal) {
    const auto snapshot = reload();
    if (!snapshot) return snapshot.error();
    return find(**snapshot, bearer, refusal);
}

std::optional<bool> TokenRegistry::try_still_valid(const Identity& identity) const {
    const auto snapshot = current();
    if (!snapshot) return std::nullopt;
    return stands(*snapshot, identity);
}

Task<Result<bool>> TokenRegistry::still_valid(IdentityPtr identity, async::WorkerPool& workers) {
    if (const auto known = try_still_valid(*identity)) co_return *known;
    auto job = workers.run([this] { return reload(); });
    const auto snapshot = co_await std::move(job);
    if (!snapshot) co_return snapshot.error();
    co_return stands(**snapshot, *identity);
}

}  // namespace kimbap::identity
