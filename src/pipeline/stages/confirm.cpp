#include <chrono>
#include <optional>

#include "manifests/confirmation.hpp"
#include "pipeline/asker.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline::stages {

namespace {

Task<Reply> ask(Call& call) {
    if (call.request.asker == nullptr) co_return Reply{};
    const auto before = std::chrono::steady_clock::now();
    auto asking = call.request.asker->ask({call.question(), call.binding("")});
    Reply reply = co_await std::move(asking);
    // The user's time to think is not taken from the operators'.
    call.request.hold += std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - before);
    co_return reply;
}

/// The user took their time: the rules in force by now decide, about the call that was confirmed.
bool catch_up(Call& call, const Services& services) {
    auto rules = services.rules.current();
    if (rules == call.rules) return true;
    const std::string confirmed = call.binding("");
    const auto changed = [&call] {
        return call.end(Disposition::not_confirmed,
                        "Refused: what " + call.result.action +
                            " does was changed while the user was asked. Nothing was done: call "
                            "it again, for them to see it as it is now.");
    };
    if (rules->actions->find(call.request.tool) == nullptr) return changed();
    // What the old ones decided is nobody's decision any more.
    call.decided = false;
    call.decision = {};
    call.result.decision.clear();
    call.result.rule.clear();
    call.rules = std::move(rules);
    if (!resolve(call)) return false;
    return call.binding("") == confirmed || changed();
}

}  // namespace

Task<bool> confirm(Call& call, const Services& services) {
    auto asking = ask(call);
    const Reply reply = co_await std::move(asking);
    switch (reply.answer) {
        case Answer::accepted:
            call.confirmation = "accepted";
            co_return catch_up(call, services);
        case Answer::declined:
            call.confirmation = "declined";
            co_return call.end(Disposition::not_confirmed,
                               "The user declined: nothing was done. Don't call " +
                                   call.action->id +
                                   " with these arguments again unless the user "
                                   "asks for it.");
        case Answer::dismissed:
            call.confirmation = "dismissed";
            co_return call.end(Disposition::not_confirmed,
                               "The user declined to answer (the question was closed): nothing was "
                               "done. Talk to the user before you call " +
                                   call.action->id + " again.");
        case Answer::asked:
            call.confirmation = "asked";
            co_return call.end(Disposition::asked, "The user is asked: " + call.question());
        case Answer::invalid:
            call.confirmation = "invalid";
            co_return call.end(Disposition::not_confirmed, "Refused: " + reply.why);
        case Answer::impossible:
            break;
    }
    if (call.action->action->confirm->allow_without) {
        call.confirmation = "not_asked";
        co_return true;
    }
    call.confirmation = "impossible";
    co_return call.end(Disposition::not_confirmed,
                       "Refused: " + call.action->id +
                           " runs only once the user confirmed it, and nobody can be asked" +
                           (reply.why.empty() ? "." : ": " + reply.why));
}

}  // namespace kimbap::pipeline::stages
