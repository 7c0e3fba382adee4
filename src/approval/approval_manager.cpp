#include "approval/approval_manager.hpp"

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "approval/manager_core.hpp"
#include "approval/wait_hub.hpp"
#include "async/worker_pool.hpp"
#include "audit/writer.hpp"
#include "base/failpoint.hpp"
#include "base/ids.hpp"
#include "base/json_text.hpp"
#include "base/sealer.hpp"

namespace kimbap::approval {

namespace {

using Steady = std::chrono::steady_clock;

void pass(std::string_view step, std::string_view point) {
    failpoint(std::string(step).append(".").append(point));
}

/// store::write() of a function that returns Result<T>, giving its value. `step` names it among the
/// places where tests end the process: before it, within its transaction, and once that is durable.
template <class F>
auto transact_async(store::Store& store, std::string_view step, F work)
    -> Task<std::invoke_result_t<F&, store::Transaction&>> {
    using Outcome = std::invoke_result_t<F&, store::Transaction&>;
    const auto outcome = std::make_shared<std::optional<Outcome>>();
    store::Write write = [outcome, step, work = std::move(work)](store::Transaction& t) mutable {
        outcome->emplace(work(t));
        pass(step, "written");
        return outcome->value() ? Result<void>() : Result<void>(outcome->value().error());
    };
    pass(step, "begins");
    Task<Result<void>> writing = store::write(store, std::move(write));
    const Result<void> written = co_await std::move(writing);
    pass(step, "committed");
    if (!written) co_return written.error();
    co_return std::move(**outcome);
}

/// The claim of a call that runs on `executor`.
Claim stoppable_claim(const std::shared_ptr<ClaimRegistry>& claims, const std::string& id,
                      const std::string& claimer, const asio::any_io_executor& executor) {
    const async::CancelSource source;
    auto stop = [executor, source] {
        asio::post(executor, [copy = source]() mutable { copy.cancel(); });
    };
    return Claim(claims, {id, claimer, std::move(stop)}, source.token());
}

Error too_large(std::string_view what, std::size_t limit) {
    return make_error(Errc::too_large, std::string(what) + " has more than " +
                                           std::to_string(limit) +
                                           " bytes, the most that can be kept for later");
}

}  // namespace

std::string error_outcome(const Error& error) {
    const json::object said{{"code", kimbap::name(error.code)}, {"message", error.message}};
    return kimbap::to_json(json::object{{"error", said}});
}

ApprovalManager::ApprovalManager(store::Store& store, const Sealer& sealer, const Clock& clock,
                                 async::WorkerPool& workers, ManagerOptions options)
    : core_(std::make_shared<Core>(store, sealer, clock, std::move(options))),
      hub_(std::make_shared<WaitHub>(store.changes(),
                                     [core = core_, &workers](std::int64_t since) {
                                         return workers.run(
                                             [core, since] { return core->moved_since(since); });
                                     })),
      workers_(workers) {}

ApprovalManager::~ApprovalManager() = default;

Task<Result<Requested>> ApprovalManager::request(SuspendedCall call) {
    if (call.payload.size() > kMaxPayload) co_return too_large("the call", kMaxPayload);
    const auto shared = std::make_shared<const SuspendedCall>(std::move(call));
    const std::string id = new_id("apr");
    auto sealing = workers_.run([core = core_, shared, id] {
        return core->sealer.seal(shared->payload, core->call_context(id));
    });
    Result<std::string> sealed = co_await std::move(sealing);
    if (!sealed) co_return sealed.error();
    auto writing =
        transact_async(core_->store, "approval.request",
                       [core = core_, shared, id, bytes = std::move(*sealed)](
                           store::Transaction& t) { return core->request(t, *shared, id, bytes); });
    co_return co_await std::move(writing);
}

Task<Result<ClaimedCall>> ApprovalManager::detach(SuspendedCall call) {
    if (call.payload.size() > kMaxPayload) co_return too_large("the call", kMaxPayload);
    const auto shared = std::make_shared<const SuspendedCall>(std::move(call));
    const std::string id = new_id("task");
    const std::string claimer = new_id("clm");
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto sealing = workers_.run([core = core_, shared, id] {
        return core->sealer.seal(shared->payload, core->call_context(id));
    });
    Result<std::string> sealed = co_await std::move(sealing);
    if (!sealed) co_return sealed.error();
    auto writing = transact_async(
        core_->store, "approval.detach",
        [core = core_, shared, id, claimer, bytes = std::move(*sealed)](store::Transaction& t) {
            return core->detach(t, *shared, id, bytes, claimer);
        });
    Result<Approval> stored = co_await std::move(writing);
    if (!stored) co_return stored.error();
    co_return ClaimedCall{std::move(*stored), shared->payload,
                          stoppable_claim(core_->claims, id, claimer, executor)};
}

Task<Result<Approval>> ApprovalManager::decide(std::string id, Operator who, Verdict verdict,
                                               std::string reason) {
    const Result<void> sane = Core::check_decision(who, reason);
    if (!sane) co_return sane.error();
    auto writing = transact_async(core_->store, "approval.decide",
                                  [core = core_, id = std::move(id), who = std::move(who), verdict,
                                   reason = std::move(reason)](store::Transaction& t) {
                                      return core->decide(t, id, who, verdict, reason);
                                  });
    Result<Core::Decision> decision = co_await std::move(writing);
    hub_->poke();
    if (!decision) co_return decision.error();
    if (decision->error) co_return *decision->error;
    co_return std::move(*decision->approval);
}

Result<Approval> ApprovalManager::decide_blocking(const std::string& id, const Operator& who,
                                                  Verdict verdict, const std::string& reason) {
    const Result<void> sane = Core::check_decision(who, reason);
    if (!sane) return sane.error();
    Result<Core::Decision> decision = store::transact(core_->store, [&](store::Transaction& t) {
        return core_->decide(t, id, who, verdict, reason);
    });
    hub_->poke();
    if (!decision) return decision.error();
    if (decision->error) return *decision->error;
    return std::move(*decision->approval);
}

Task<Result<Examined>> ApprovalManager::examine(std::string id, Operator who) const {
    auto reading = workers_.run([core = core_, id = std::move(id), who = std::move(who)] {
        return core->examine(id, who);
    });
    co_return co_await std::move(reading);
}

bool ApprovalManager::awaited(const std::string& id) const {
    return hub_->awaited(id);
}

Task<Result<Approval>> ApprovalManager::withdraw(std::string id, std::string caller_key) {
    auto writing =
        transact_async(core_->store, "approval.withdraw",
                       [core = core_, id = std::move(id),
                        key = std::move(caller_key)](store::Transaction& t) -> Result<Approval> {
                           auto loaded = core->load_own(t.approvals(), id, key);
                           if (!loaded) return loaded.error();
                           const auto effect = core->transition(t, *loaded, event::Withdraw{});
                           if (!effect) return effect.error();
                           return std::move(loaded->approval);
                       });
    Result<Approval> withdrawn = co_await std::move(writing);
    hub_->poke();
    co_return withdrawn;
}

Task<Result<Approval>> ApprovalManager::stop(std::string id, std::string caller_key) {
    auto writing = transact_async(
        core_->store, "approval.stop",
        [core = core_, id, key = std::move(caller_key)](store::Transaction& t) -> Result<Approval> {
            auto loaded = core->load_own(t.approvals(), id, key);
            if (!loaded) return loaded.error();
            const auto effect = core->transition(t, *loaded, event::Stop{});
            if (!effect) return effect.error();
            return std::move(loaded->approval);
        });
    Result<Approval> stopped = co_await std::move(writing);
    if (stopped) core_->claims->stop(id);
    hub_->poke();
    co_return stopped;
}

std::chrono::milliseconds ApprovalManager::retention() const noexcept {
    return core_->options.retention;
}

Task<Result<Approval>> ApprovalManager::settled(Approval approval) const {
    if (!core_->overdue(approval)) co_return approval;
    auto writing = transact_async(
        core_->store, "approval.expire",
        [core = core_, id = approval.id](store::Transaction& t) { return core->expire(t, id); });
    Result<Approval> expired = co_await std::move(writing);
    hub_->poke();
    if (expired) co_return expired;
    co_return core_->as_expired(std::move(approval));
}

Task<Result<Approval>> ApprovalManager::find(std::string id) const {
    auto reading = workers_.run([core = core_, id = std::move(id)] { return core->find(id); });
    Result<Approval> found = co_await std::move(reading);
    if (!found) co_return found;
    Task<Result<Approval>> settling = settled(std::move(*found));
    co_return co_await std::move(settling);
}

Result<Approval> ApprovalManager::find_blocking(const std::string& id) const {
    Result<Approval> found = core_->find(id);
    if (!found || !core_->overdue(*found)) return found;
    Result<Approval> expired =
        store::transact(core_->store, [&](store::Transaction& t) { return core_->expire(t, id); });
    hub_->poke();
    if (expired) return expired;
    return core_->as_expired(std::move(*found));
}

Task<Result<std::vector<Approval>>> ApprovalManager::list(ListFilter filter) const {
    for (;;) {
        auto reading = workers_.run([core = core_, filter] { return core->list(filter); });
        Result<Core::Listing> found = co_await std::move(reading);
        if (!found) co_return found.error();
        if (found->overdue.empty()) co_return std::move(found->approvals);
        auto writing = transact_async(core_->store, "approval.expire",
                                      [core = core_, ids = found->overdue](store::Transaction& t) {
                                          return core->expire_all(t, ids);
                                      });
        const Result<std::size_t> expired = co_await std::move(writing);
        hub_->poke();
        // Where it can't be written down it is so all the same.
        if (!expired || *expired == 0) co_return std::move(found->approvals);
    }
}

Result<std::vector<Approval>> ApprovalManager::list_blocking(const ListFilter& filter) const {
    for (;;) {
        Result<Core::Listing> found = core_->list(filter);
        if (!found) return found.error();
        if (found->overdue.empty()) return std::move(found->approvals);
        const Result<std::size_t> expired = store::transact(
            core_->store,
            [&](store::Transaction& t) { return core_->expire_all(t, found->overdue); });
        hub_->poke();
        if (!expired || *expired == 0) return std::move(found->approvals);
    }
}

Task<Result<Collected>> ApprovalManager::outcome(std::string id, std::string caller_key) const {
    auto reading = workers_.run([core = core_, id = std::move(id), key = std::move(caller_key)] {
        return core->collect(id, key);
    });
    Result<Collected> collected = co_await std::move(reading);
    if (!collected) co_return collected;
    Task<Result<Approval>> settling = settled(std::move(collected->approval));
    Result<Approval> approval = co_await std::move(settling);
    if (!approval) co_return approval.error();
    collected->approval = std::move(*approval);
    co_return collected;
}

Task<Result<Approval>> ApprovalManager::wait(std::string id, Until until,
                                             Steady::time_point deadline, async::CancelToken cancel,
                                             Reminder reminder) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    WaitHub::Waiter waiter(hub_, executor, id);
    Steady::time_point remind_at =
        reminder.remind ? Steady::now() + reminder.every : Steady::time_point::max();
    for (;;) {
        const bool last = Steady::now() >= deadline;
        Task<Result<Approval>> finding = find(id);
        Result<Approval> approval = co_await std::move(finding);
        if (!approval || last) co_return approval;
        const Standing& standing = approval->standing;
        if (until == Until::decided ? is_decided(standing) : is_final(standing)) co_return approval;
        const Steady::time_point look_at = std::min(deadline, core_->expiry_of(*approval));
        for (bool moved = false; !moved && Steady::now() < look_at;) {
            Task<bool> sleeping = waiter.moved(std::min(look_at, remind_at), cancel);
            moved = co_await std::move(sleeping);
            if (cancel.cancelled()) co_return make_error(Errc::cancelled, "the caller withdrew");
            if (moved || Steady::now() < remind_at) continue;
            reminder.remind();
            remind_at = Steady::now() + reminder.every;
        }
    }
}

Task<Result<ClaimedCall>> ApprovalManager::claim(std::string id) {
    const std::string claimer = new_id("clm");
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto writing =
        transact_async(core_->store, "approval.claim",
                       [core = core_, id, claimer](store::Transaction& t) -> Result<Loaded> {
                           auto loaded = core->load(t.approvals(), id);
                           if (!loaded) return loaded.error();
                           const auto effect = core->transition(
                               t, *loaded, event::Claim{claimer, core->options.lease});
                           if (!effect) return effect.error();
                           return loaded;
                       });
    Result<Loaded> loaded = co_await std::move(writing);
    if (!loaded) co_return loaded.error();
    ClaimedCall call{std::move(loaded->approval), "",
                     stoppable_claim(core_->claims, id, claimer, executor)};
    auto opening = workers_.run([core = core_, id, sealed = std::move(loaded->row.sealed_call)] {
        return core->sealer.unseal(sealed, core->call_context(id));
    });
    Result<std::string> payload = co_await std::move(opening);
    if (payload) {
        call.payload = std::move(*payload);
        co_return call;
    }
    // A call that was tampered with must not wait to be claimed for ever.
    if (payload.error().code == Errc::corrupt) {
        Task<Result<Approval>> failing = fail(call, payload.error());
        static_cast<void>(co_await std::move(failing));
    } else {
        Task<Result<void>> releasing = release(std::move(call));
        static_cast<void>(co_await std::move(releasing));
    }
    co_return payload.error();
}

Task<Result<void>> ApprovalManager::release(ClaimedCall call) {
    auto writing =
        transact_async(core_->store, "approval.release",
                       [core = core_, id = call.claim.id(),
                        claimer = call.claim.claimer()](store::Transaction& t) -> Result<Effect> {
                           auto loaded = core->load(t.approvals(), id);
                           if (!loaded) return loaded.error();
                           return core->transition(t, *loaded, event::Release{claimer});
                       });
    const Result<Effect> released = co_await std::move(writing);
    hub_->poke();
    if (!released) co_return released.error();
    co_return Result<void>();
}

Task<Result<Approval>> ApprovalManager::finish(const ClaimedCall& call, bool succeeded,
                                               std::string outcome,
                                               std::optional<audit::Record> record) {
    if (outcome.size() > kMaxOutcome) co_return too_large("the outcome", kMaxOutcome);
    const std::string id = call.claim.id();
    Result<std::string> sealed = std::string();
    if (!outcome.empty()) {
        auto sealing = workers_.run([core = core_, id, plain = std::move(outcome)] {
            return core->sealer.seal(plain, core->outcome_context(id));
        });
        sealed = co_await std::move(sealing);
        if (!sealed) co_return sealed.error();
    }
    auto writing = transact_async(
        core_->store, "approval.finish",
        [core = core_, id, claimer = call.claim.claimer(), succeeded, bytes = std::move(*sealed),
         record = std::move(record)](store::Transaction& t) -> Result<Approval> {
            auto loaded = core->load(t.approvals(), id);
            if (!loaded) return loaded.error();
            loaded->row.sealed_outcome = bytes;
            const auto effect = core->transition(t, *loaded, event::Finish{claimer, succeeded});
            if (!effect) return effect.error();
            if (record) {
                const Result<void> audited = audit::append(t, *record);
                if (!audited) return audited.error();
            }
            return std::move(loaded->approval);
        });
    Result<Approval> finished = co_await std::move(writing);
    hub_->poke();
    co_return finished;
}

Task<Result<Approval>> ApprovalManager::fail(const ClaimedCall& call, Error error) {
    auto finishing =
        finish(call, false, error_outcome(error), core_->end_of_failed(call.approval, error));
    co_return co_await std::move(finishing);
}

Task<Result<Sweep>> ApprovalManager::sweep() {
    const auto held = std::make_shared<const std::vector<ClaimRegistry::Held>>(core_->renewals());
    const bool purge = core_->purge_due();
    if (!held->empty() || purge) {
        store::Write keeping = [core = core_, held, purge](store::Transaction& t) -> Result<void> {
            const Result<void> renewed = core->renew(t, *held);
            if (!renewed || !purge) return renewed;
            return core->purge(t);
        };
        Task<Result<void>> writing = store::write(core_->store, std::move(keeping));
        const Result<void> kept = co_await std::move(writing);
        if (!kept) {
            core_->renew_at_once();
            co_return kept.error();
        }
    }
    auto looking = workers_.run([core = core_] { return core->look(); });
    Result<Core::Due> due = co_await std::move(looking);
    if (!due) co_return due.error();
    for (const std::string& id : due->stopping) core_->claims->stop(id);
    if (due->expired.empty() && due->lapsed.empty()) co_return std::move(due->sweep);
    auto settling = transact_async(
        core_->store, "approval.settle",
        [core = core_, found = std::move(*due)](store::Transaction& t) mutable -> Result<Sweep> {
            const Result<void> settled = core->settle(t, found);
            if (!settled) return settled.error();
            return found.sweep;
        });
    Result<Sweep> swept = co_await std::move(settling);
    hub_->poke();
    co_return swept;
}

}  // namespace kimbap::approval
