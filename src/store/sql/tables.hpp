#pragma once

#include "store/approval_store.hpp"
#include "store/audit_store.hpp"
#include "store/outbox_store.hpp"
#include "store/secret_store.hpp"
#include "store/sql/connection.hpp"
#include "store/store.hpp"
#include "store/token_store.hpp"

namespace kimbap::store::sql {

/// Told by tables which topics a transaction changed.
class TouchSet {
public:
    void add(Topic topic) { bits_ |= 1U << static_cast<unsigned>(topic); }
    void clear() { bits_ = 0; }
    [[nodiscard]] unsigned bits() const { return bits_; }
    void merge(unsigned bits) { bits_ |= bits; }

private:
    unsigned bits_ = 0;
};

class MetaTable final : public MetaStore {
public:
    explicit MetaTable(Connection& connection) : connection_(connection) {}
    Result<std::optional<std::string>> get(std::string_view key) const override;
    Result<void> put(std::string_view key, std::string_view value) override;

private:
    Connection& connection_;
};

class TokenTable final : public TokenStore {
public:
    TokenTable(Connection& connection, TouchSet& touched)
        : connection_(connection), touched_(touched) {}
    Result<std::vector<TokenRow>> list() const override;
    Result<void> insert(const TokenRow& row) override;
    Result<void> revoke(std::string_view id, TimePoint at) override;

private:
    Connection& connection_;
    TouchSet& touched_;
};

class SecretTable final : public SecretStore {
public:
    SecretTable(Connection& connection, TouchSet& touched)
        : connection_(connection), touched_(touched) {}
    Result<std::vector<SecretInfo>> list() const override;
    Result<std::optional<SecretRow>> find(std::string_view name) const override;
    Result<std::vector<SecretRow>> all() const override;
    Result<void> put(const SecretRow& row) override;
    Result<void> remove(std::string_view name) override;

private:
    Connection& connection_;
    TouchSet& touched_;
};

class ApprovalTable final : public ApprovalStore {
public:
    ApprovalTable(Connection& connection, TouchSet& touched)
        : connection_(connection), touched_(touched) {}
    Result<std::optional<ApprovalRow>> find(std::string_view id) const override;
    Result<std::optional<ApprovalRow>> find_pending(std::string_view caller_key,
                                                    std::string_view binding) const override;
    Result<std::vector<ApprovalRow>> list(std::string_view state, std::string_view caller_key,
                                          std::size_t limit,
                                          std::string_view before_id) const override;
    Result<std::vector<ApprovalRow>> due_for_expiry(TimePoint now,
                                                    std::size_t limit) const override;
    Result<std::vector<ApprovalRow>> to_execute(TimePoint now, std::size_t limit) const override;
    Result<std::size_t> count_pending(std::string_view caller_key) const override;
    Result<ApprovalMoves> moved_since(std::int64_t since) const override;
    Result<void> insert(const ApprovalRow& row) override;
    Result<void> update(const ApprovalRow& row) override;
    Result<std::size_t> purge_outcomes(TimePoint now) override;

private:
    Connection& connection_;
    TouchSet& touched_;
};

class OutboxTable final : public OutboxStore {
public:
    OutboxTable(Connection& connection, TouchSet& touched)
        : connection_(connection), touched_(touched) {}
    Result<std::vector<OutboxRow>> of_approval(std::string_view approval_id) const override;
    Result<std::vector<ChannelDue>> due() const override;
    Result<std::vector<DeliveryCount>> undelivered() const override;
    Result<void> insert(const OutboxRow& row) override;
    Result<std::vector<OutboxRow>> claim_due(std::string_view channel, TimePoint now,
                                             TimePoint lease_until, std::size_t limit) override;
    Result<void> update(const OutboxRow& row) override;
    Result<std::size_t> purge_delivered(TimePoint before, std::size_t limit) override;

private:
    Connection& connection_;
    TouchSet& touched_;
};

class AuditTable final : public AuditStore {
public:
    explicit AuditTable(Connection& connection) : connection_(connection) {}
    Result<AuditHead> head() const override;
    Result<void> scan(std::int64_t after_seq,
                      const std::function<bool(const AuditRow&)>& each) const override;
    Result<void> scan_back(std::int64_t before_seq,
                           const std::function<bool(const AuditRow&)>& each) const override;
    Result<std::optional<std::int64_t>> first_at(TimePoint time) const override;
    Result<void> append(const AuditRow& row) override;
    /// What a transaction's or savepoint's beginning and failure do to the remembered head.
    void forget_head() { head_.reset(); }

private:
    Result<void> scan_in_parts(const char* sql, std::int64_t from,
                               const std::function<bool(const AuditRow&)>& each) const;

    Connection& connection_;
    mutable std::string chain_;              ///< Never changes once read.
    mutable std::optional<AuditHead> head_;  ///< While the write lock is held.
};

/// All tables over one connection: a Transaction for the writer, a Snapshot for readers.
class Tables final : public Transaction, public Snapshot {
public:
    explicit Tables(Connection& connection)
        : meta_(connection),
          tokens_(connection, touched_),
          secrets_(connection, touched_),
          approvals_(connection, touched_),
          outbox_(connection, touched_),
          audit_(connection) {}

    TokenStore& tokens() override { return tokens_; }
    SecretStore& secrets() override { return secrets_; }
    ApprovalStore& approvals() override { return approvals_; }
    OutboxStore& outbox() override { return outbox_; }
    AuditStore& audit() override { return audit_; }
    MetaStore& meta() override { return meta_; }
    void touch(Topic topic) override { touched_.add(topic); }

    const TokenStore& tokens() const override { return tokens_; }
    const SecretStore& secrets() const override { return secrets_; }
    const ApprovalStore& approvals() const override { return approvals_; }
    const OutboxStore& outbox() const override { return outbox_; }
    const AuditStore& audit() const override { return audit_; }
    const MetaStore& meta() const override { return meta_; }

    TouchSet& touched() { return touched_; }
    AuditTable& audit_table() { return audit_; }

private:
    TouchSet touched_;
    MetaTable meta_;
    TokenTable tokens_;
    SecretTable secrets_;
    ApprovalTable approvals_;
    OutboxTable outbox_;
    AuditTable audit_;
};

}  // namespace kimbap::store::sql
