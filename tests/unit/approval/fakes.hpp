#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "approval/approval_manager.hpp"
#include "approval/execution.hpp"
#include "async/worker_pool.hpp"
#include "base/ids.hpp"
#include "base/json_text.hpp"
#include "base/sealer.hpp"
#include "store/audit_store.hpp"
#include "store/outbox_store.hpp"
#include "store/store.hpp"
#include "support/manual_clock.hpp"
#include "support/run_task.hpp"
#include "unit/store/open_store.hpp"

namespace kimbap::approval {

/// Seals by prefixing the context and flipping every bit: enough to show that what is stored isn't
/// plain, and that the context is held to.
class FakeSealer final : public Sealer {
public:
    Result<std::string> seal(std::string_view plain, std::string_view context) const override {
        return flipped(std::string(context) + "|" + std::string(plain));
    }
    Result<std::string> unseal(std::string_view sealed, std::string_view context) const override {
        if (broken) return make_error(Errc::unavailable, "no key");
        const std::string text = flipped(std::string(sealed));
        const std::string prefix = std::string(context) + "|";
        if (!text.starts_with(prefix)) return make_error(Errc::corrupt, "changed or damaged");
        return text.substr(prefix.size());
    }
    bool broken = false;

private:
    static std::string flipped(std::string text) {
        for (char& c : text) c = static_cast<char>(~c);
        return text;
    }
};

/// An operator with a token.
inline Operator by(std::string name, std::string token = "") {
    return {std::move(name), std::move(token), "api", Proof::token};
}

inline SuspendedCall refund(const std::string& binding = "b1") {
    SuspendedCall call;
    call.call = new_id("call");
    call.caller = {"support-bot", "tok_1", {"support"}, "claude-code"};
    call.caller_key = "token:tok_1";
    call.owner = "olga";
    call.action = "stripe.create-refund";
    call.service = "stripe";
    call.risk = "high";
    call.parameters = {{"amount", 9900}};
    call.rule = "refunds-need-a-human";
    call.policy = "digest";
    call.binding = binding;
    call.payload = "{\"the\":\"whole call\"}";
    call.spec.expires = std::chrono::minutes(30);
    return call;
}

/// Answers as told and counts.
class FakeResumer final : public Resumer {
public:
    Task<Result<Resumed>> resume(const ClaimedCall& call) override {
        ++calls;
        if (payloads) payloads->push_back(call.payload);
        co_return answer();
    }
    std::function<Result<Resumed>()> answer = [] { return Resumed{true, "{\"ok\":1}", {}}; };
    std::atomic<int> calls{0};
    std::vector<std::string>* payloads = nullptr;
};

/// A store and a manager; `another()` is a manager of another process on the same store.
class ApprovalTest : public testing::Test {
protected:
    static ManagerOptions options() {
        ManagerOptions options;
        options.channels = {"ops"};
        return options;
    }
    std::unique_ptr<ApprovalManager> another() {
        return std::make_unique<ApprovalManager>(*fixture_.store, sealer_, clock_, workers_,
                                                 options());
    }

    template <class T>
    T run(Task<T> task) {
        return test::run_task(std::move(task));
    }
    Approval requested(SuspendedCall call = refund()) {
        return run(manager_.request(std::move(call))).value().approval;
    }
    Approval approved(SuspendedCall call = refund()) {
        const Approval approval = requested(std::move(call));
        return run(manager_.decide(approval.id, by("alice", "tok_a"), Verdict::approve, "fine"))
            .value();
    }
    Approval find(const std::string& id) { return manager_.find_blocking(id).value(); }

    /// Audit records, parsed, oldest first.
    std::vector<json::object> audit() {
        std::vector<json::object> records;
        EXPECT_TRUE(fixture_.store->read([&](const store::Snapshot& s) {
            return s.audit().scan(0, [&](const store::AuditRow& row) {
                records.push_back(parse_json(row.line).value().as_object());
                return true;
            });
        }));
        return records;
    }
    std::vector<store::OutboxRow> outbox(const std::string& id) {
        return store::query(*fixture_.store,
                            [&](const store::Snapshot& s) { return s.outbox().of_approval(id); })
            .value();
    }
    /// "kind outcome" of each audit record, for comparing at a glance.
    std::vector<std::string> trail() {
        std::vector<std::string> out;
        for (const json::object& record : audit()) {
            out.push_back(std::string(record.at("kind").as_string()) + " " +
                          std::string(record.at("approval").as_object().at("outcome").as_string()));
        }
        return out;
    }
    std::vector<std::string> events(const std::string& id) {
        std::vector<std::string> out;
        for (const store::OutboxRow& row : outbox(id)) {
            out.emplace_back(parse_json(row.body)->as_object().at("type").as_string());
        }
        return out;
    }

    test::StoreFixture fixture_;
    test::ManualClock clock_;
    FakeSealer sealer_;
    async::WorkerPool workers_{2};
    ApprovalManager manager_{*fixture_.store, sealer_, clock_, workers_, options()};
};

}  // namespace kimbap::approval
