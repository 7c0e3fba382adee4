#include "app/gateway.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <filesystem>

#include "app/connection_alarm.hpp"
#include "app/lane.hpp"
#include "app/notifiers.hpp"
#include "app/question_seal.hpp"
#include "approval/approval_manager.hpp"
#include "approval/approval_service.hpp"
#include "approval/decision_link.hpp"
#include "approval/notifiers/factory.hpp"
#include "approval/outbox.hpp"
#include "async/worker_pool.hpp"
#include "audit/writer.hpp"
#include "base/log.hpp"
#include "identity/token_registry.hpp"
#include "net/address_guard.hpp"
#include "net/tls.hpp"
#include "oauth/broker.hpp"
#include "oauth/connection_store.hpp"
#include "oauth/connector.hpp"
#include "pipeline/call_metrics.hpp"
#include "ratelimit/shared_rate_limiter.hpp"
#include "store/store.hpp"
#include "vault/cached_key.hpp"
#include "vault/new_secret_file.hpp"
#include "vault/vault.hpp"
#include "vault/vault_sealer.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::app {

namespace {

/// Threads for reading the store; key derivation has threads of its own.
constexpr std::size_t kWorkers = 4;

approval::ManagerOptions manager_options(const Config& config) {
    approval::ManagerOptions options;
    options.max_pending = config.approvals.max_pending;
    options.max_pending_per_caller = config.approvals.max_pending_per_caller;
    for (const NotifyChannel& channel : config.notify) {
        options.channels.push_back(channel.name);
        options.recipients[channel.name] = approval::recipients_of(channel);
    }
    return options;
}

/// Files of the data directory that are there from its first use on.
constexpr const char* kDatabase = "/kimbap.db";
constexpr const char* kAllowances = "/rate.limits";

pipeline::Settings settings_of(const Config& config) {
    return {config.egress.timeout, config.egress.max_response_bytes, config.approvals.expires,
            config.approvals.required};
}

Result<void> check_channels(const Config& config, const pipeline::Rules& rules) {
    const Faults faults = unknown_channels(config, *rules.policy);
    if (!faults.empty()) return make_error(Errc::invalid_config, to_string(faults));
    return {};
}

Result<LoadedRules> load_checked(const Config& config) {
    auto loaded = load_rules(config);
    if (!loaded) return loaded;
    const Result<void> channels = check_channels(config, *loaded->rules);
    if (!channels) return channels.error();
    return loaded;
}

}  // namespace

struct Gateway::Parts {
    Parts(Config settings, net::AddressGuard address_guard, std::unique_ptr<store::Store> opened,
          const Secret& vault_secret, std::unique_ptr<ratelimit::SharedRateLimiter> allowances,
          LoadedRules loaded)
        : config(std::move(settings)),
          guard(std::move(address_guard)),
          store(std::move(opened)),
          workers(kWorkers),
          vault(*store, clock, vault_secret, {config.vault.pbkdf2_iterations}),
          sealer(vault),
          link_key(vault, "decision-links", 32),
          links(public_url(config), [this] { return link_key.copy(); }),
          question_key(vault, "questions", 32),
          questions([this] { return question_key.copy(); }),
          tokens(*store, clock),
          audit(*store),
          limiter(std::move(allowances)),
          approvals(*store, sealer, clock, workers, manager_options(config)),
          rules(std::move(loaded.rules)),
          notices(std::move(loaded.notices)),
          connections(*store, vault, clock, connection_alarm(config, clock)),
          broker(rules, connections, vault, workers, clock, {}),
          connector(rules, connections, vault, workers, clock, {}),
          services{rules,    tokens,  vault, broker,  approvals,          audit,
                   *limiter, workers, clock, metrics, settings_of(config)} {}

    Config config;
    SystemClock clock;
    net::AddressGuard guard;
    std::unique_ptr<store::Store> store;
    async::WorkerPool workers;
    vault::Vault vault;
    vault::VaultSealer sealer;
    vault::CachedKey link_key;
    approval::DecisionLinks links;
    vault::CachedKey question_key;
    QuestionSeal questions;
    identity::TokenRegistry tokens;
    audit::Writer audit;
    std::unique_ptr<ratelimit::SharedRateLimiter> limiter;
    approval::ApprovalManager approvals;
    RulesHolder rules;
    std::vector<std::string> notices;
    std::optional<Error> rule_faults;
    pipeline::CallMetrics metrics;
    vault::SecretFacts vault_secret;
    oauth::ConnectionStore connections;
    oauth::Broker broker;
    oauth::Connector connector;
    pipeline::Services services;
    std::shared_ptr<net::ClientTls> tls = std::make_shared<net::ClientTls>();
};

bool Gateway::is_new(const Config& config) {
    std::error_code ignored;
    return !std::filesystem::exists(config.data_dir + kDatabase, ignored) &&
           !std::filesystem::exists(config.data_dir + kAllowances, ignored);
}

/// Whether the vault secret's file has another than the wrong one by now: that of a rekey which was
/// interrupted at its end, or has just ended.
bool Gateway::finish_rekey(Parts& parts, const Secret& wrong) {
    const std::string& file = parts.config.vault.secret_file;
    if (parts.vault_secret.source != vault::SecretSource::file) return false;
    return vault::adopt_new_secret(file, wrong, [&](const Secret& secret) {
        vault::Vault vault(*parts.store, parts.clock, secret);
        if (!vault.check()) return false;
        log::warn("an interrupted vault rekey was finished", {{"secret_file", file}});
        return true;
    });
}

Result<std::unique_ptr<Gateway>> Gateway::open(Config config, RuleFaults faults) {
    // Whoever types a secret that makes a new vault must have typed it right.
    auto secret = vault::load_vault_secret(config.vault.secret_file, is_new(config));
    if (!secret) return secret.error();
    auto guard = net::AddressGuard::create(config.egress.allow_private);
    if (!guard) return guard.error();
    auto loaded = load_checked(config);
    std::optional<Error> passed_over;
    if (!loaded && faults == RuleFaults::refused) return loaded.error();
    if (!loaded) {
        passed_over = loaded.error();
        loaded = LoadedRules{no_rules(), {}};
    }
    auto store = store::open_store({config.data_dir, config.audit_fsync, config.store});
    if (!store) return store.error();
    auto limiter = ratelimit::SharedRateLimiter::open(config.data_dir + kAllowances);
    if (!limiter) return limiter.error();
    auto parts = std::make_unique<Parts>(std::move(config), std::move(*guard), std::move(*store),
                                         secret->secret, std::move(*limiter), std::move(*loaded));
    parts->vault_secret = std::move(secret->facts);
    parts->rule_faults = std::move(passed_over);
    Result<void> checked = parts->vault.check();
    if (!checked && finish_rekey(*parts, secret->secret)) {
        Config again = parts->config;
        parts.reset();
        return open(std::move(again), faults);
    }
    if (!checked) return checked.error();
    return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));
}

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Gateway::~Gateway() = default;

const vault::SecretFacts& Gateway::vault_secret() const {
    return parts_->vault_secret;
}
const Config& Gateway::config() const {
    return parts_->config;
}
store::Store& Gateway::store() {
    return *parts_->store;
}
vault::Vault& Gateway::vault() {
    return parts_->vault;
}
identity::TokenRegistry& Gateway::tokens() {
    return parts_->tokens;
}
oauth::ConnectionStore& Gateway::connections() {
    return parts_->connections;
}
oauth::Connector& Gateway::connector() {
    return parts_->connector;
}
approval::ApprovalManager& Gateway::approvals() {
    return parts_->approvals;
}
audit::Writer& Gateway::audit() {
    return parts_->audit;
}
policy::RateLimiter& Gateway::limiter() {
    return *parts_->limiter;
}
const approval::DecisionLinks& Gateway::links() const {
    return parts_->links;
}
const QuestionSeal& Gateway::questions() const {
    return parts_->questions;
}
const net::AddressGuard& Gateway::guard() const {
    return parts_->guard;
}
async::WorkerPool& Gateway::workers() {
    return parts_->workers;
}
const Clock& Gateway::clock() const {
    return parts_->clock;
}
RulesHolder& Gateway::rules() {
    return parts_->rules;
}
pipeline::Services& Gateway::services() {
    return parts_->services;
}
const std::optional<Error>& Gateway::rule_faults() const {
    return parts_->rule_faults;
}
const std::vector<std::string>& Gateway::notices() const {
    return parts_->notices;
}

Result<void> Gateway::reload() {
    auto loaded = load_rules(parts_->config);
    if (!loaded) return loaded.error();
    const Result<void> channels = check_channels(parts_->config, *loaded->rules);
    if (!channels) return channels.error();
    for (const std::string& notice : loaded->notices) log::warn(notice);
    parts_->rules.set(std::move(loaded->rules));
    return record_policy();
}

Result<void> Gateway::record_policy() {
    const auto rules = parts_->rules.current();
    audit::Record record;
    record.kind = "policy.loaded";
    record.time = parts_->clock.now();
    record.decision = boost::json::object{{"policy", rules->policy->digest()}};
    record.details = {{"rules", rules->policy->rules().size()},
                      {"services", rules->actions->services().size()},
                      {"actions", rules->actions->actions().size()}};
    return parts_->audit.append_blocking(record);
}

std::unique_ptr<Gateway::Lane> Gateway::make_lane(boost::asio::io_context& context) {
    return std::make_unique<Lane>(context, parts_->tls, parts_->guard, parts_->services);
}

Task<void> Gateway::run_approvals(Lane& lane, async::CancelToken cancel,
                                  async::CancelToken draining) {
    using namespace boost::asio::experimental::awaitable_operators;
    approval::ApprovalService service(parts_->approvals, lane.pipeline, *parts_->store);
    auto delivering = deliver(lane, cancel, {});
    auto serving = service.run(cancel, std::move(draining));
    co_await (std::move(delivering) && std::move(serving));
}

Task<void> Gateway::keep_claims(Lane& lane, async::CancelToken cancel) {
    approval::ApprovalService service(parts_->approvals, lane.pipeline, *parts_->store);
    async::CancelSource nothing_new;
    nothing_new.cancel();
    auto keeping = service.run(std::move(cancel), nothing_new.token());
    co_await std::move(keeping);
}

Task<void> Gateway::deliver(Lane& lane, async::CancelToken cancel, async::CancelToken last) {
    Notifiers notifiers(*this, lane, cancel);
    approval::Outbox outbox(*parts_->store, parts_->clock, parts_->workers, notifiers.take());
    auto delivering = outbox.run(std::move(cancel), std::move(last));
    co_await std::move(delivering);
}

}  // namespace kimbap::app
