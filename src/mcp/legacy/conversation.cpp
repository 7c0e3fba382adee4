#include "mcp/legacy/conversation.hpp"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mcp/legacy/response.hpp"
#include "mcp/legacy/tasks.hpp"
#include "mcp/server_core.hpp"

namespace kimbap::mcp::legacy {
namespace {

using Params = json::object;

class RouteChannel final : public CallChannel {
public:
    explicit RouteChannel(const Route& route) : route_(route) {}
    void notify(std::string message) override {
        route_.outbox->push(std::move(message), Outbox::Kind::droppable);
    }
    void release_stream(std::chrono::milliseconds retry) override {
        if (route_.may_release) route_.outbox->release(retry);
    }

private:
    const Route& route_;
};

std::string string_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool may_ask(Method method, const RequestContext& context) {
    const bool askable = method == Method::tools_call || method == Method::prompts_get ||
                         method == Method::resources_read;
    return askable && (context.client_supports("elicitation") ||
                       context.client_supports("sampling") || context.client_supports("roots"));
}

/// These revisions have no error for a capability that the client lacks: what a tool says of it is
/// then for the model to read.
Outcome told_to_model(Outcome outcome) {
    const auto* error = std::get_if<ProtocolError>(&outcome);
    if (!error || error->code != code::kMissingCapability) return outcome;
    return error_result(error->message);
}

/// Runs a request; where the provider needs input, asks the client on the request's own stream and
/// runs it again with the answers, which is what a modern client does by itself.
Task<Outcome> run(const ServerCore& core, Session& session, Method method, Params params,
                  RequestContext& context, const Route& route) {
    params.erase("inputResponses");
    params.erase("requestState");
    Params original;
    if (may_ask(method, context)) original = params;
    const auto& limits = core.options.limits;
    for (std::size_t round = 0; round <= limits.max_input_rounds; ++round) {
        auto work = core.dispatcher.dispatch(method, std::move(params), context);
        auto outcome = co_await std::move(work);
        const auto* wanted = std::get_if<InputRequired>(&outcome);
        if (!wanted) {
            const bool to_model = method == Method::tools_call && !context.task_asked();
            co_return to_model ? told_to_model(std::move(outcome)) : std::move(outcome);
        }
        if (!route.may_ask) {
            co_return ProtocolError{
                code::kInvalidRequest,
                "This call asks the client, which takes no event stream (Accept)",
                {}};
        }
        auto asking = session.questions().ask(*wanted, route.outbox, context.cancel_token(),
                                              limits.input_timeout);
        auto answers = co_await std::move(asking);
        if (auto* error = std::get_if<ProtocolError>(&answers)) co_return std::move(*error);
        params = original;
        params["inputResponses"] = std::move(std::get<json::object>(answers));
        if (!wanted->state.empty()) params["requestState"] = wanted->state;
    }
    co_return ProtocolError{
        code::kInternalError,
        "Gave up after asking the client " + std::to_string(limits.max_input_rounds) + " times",
        {}};
}

Outcome set_level(Session& session, const Params& params) {
    const auto level = parse_log_level(string_of(params, "level"));
    if (!level) return invalid_params("params.level must be a level of RFC 5424 in lower case");
    session.set_log_level(*level);
    return Acknowledged{};
}

Task<Outcome> subscribe(const ServerCore& core, Session& session, const Params& params, bool on,
                        RequestContext& context) {
    auto uri = string_of(params, "uri");
    if (uri.empty()) co_return invalid_params("params.uri must be a non-empty string");
    if (!on) {
        session.unsubscribe(uri);
        co_return Acknowledged{};
    }
    auto work = core.providers.resources->subscribe(context, uri);
    auto refused = co_await std::move(work);
    if (refused) co_return std::move(*refused);
    if (!session.subscribe(std::move(uri))) {
        co_return ProtocolError{
            code::kTooManyRequests, "This session watches as many resources as it may", {}};
    }
    co_return Acknowledged{};
}

/// Everything between initialize and the end.
Task<Outcome> operate(const ServerCore& core, Session& session, Revision revision, Message& message,
                      RequestContext& context, const Route& route) {
    const auto& method = message.method;
    if (method == "logging/setLevel") co_return set_level(session, message.params);
    const bool on = method == "resources/subscribe";
    if ((on || method == "resources/unsubscribe") && core.providers.resources) {
        auto work = subscribe(core, session, message.params, on, context);
        co_return co_await std::move(work);
    }
    const bool tasks =
        revision == Revision::v2025_11_25 && core.providers.tasks && core.providers.tools;
    if (tasks && is_task_request(method)) {
        auto work = serve_task_request(core, session, method, std::move(message.params), context,
                                       route.may_ask ? route.outbox : nullptr);
        co_return co_await std::move(work);
    }
    if (tasks && method == "tools/call") {
        auto wish = take_task_wish(core, message.params, context);
        if (auto* error = std::get_if<ProtocolError>(&wish)) co_return std::move(*error);
        if (std::get<bool>(wish)) context.ask_task();
    }
    const auto known = parse_method(method);
    if (!known || is_task_method(*known)) {
        co_return ProtocolError{code::kMethodNotFound, "Method not found: " + method, {}};
    }
    auto work = run(core, session, *known, std::move(message.params), context, route);
    co_return co_await std::move(work);
}

/// Takes a call out of its session however it ends.
struct CallEntry {
    Session& session;
    const std::string& id;
    CallEntry(Session& entered, const std::string& call_id) : session(entered), id(call_id) {}
    ~CallEntry() { session.end_call(id); }
    CallEntry(const CallEntry&) = delete;
    CallEntry& operator=(const CallEntry&) = delete;
};

std::optional<ProtocolError> refusal(Session::Admission admission, const Limits& limits) {
    switch (admission) {
        case Session::Admission::admitted:
            return std::nullopt;
        case Session::Admission::duplicate:
            return ProtocolError{
                code::kInvalidRequest, "This id is in use by a request that still runs", {}};
        case Session::Admission::too_many:
            return ProtocolError{code::kTooManyRequests,
                                 std::to_string(limits.max_pending_requests) +
                                     " requests of this session run already; wait for an answer",
                                 {}};
        case Session::Admission::closed:
            break;
    }
    return ProtocolError{code::kInvalidRequest, "The session has ended", {}};
}

RequestContext::Parts parts_of(const Session& session, const Agreement& agreement,
                               Message& message) {
    RequestContext::Parts parts;
    parts.principal = session.principal();
    parts.client = agreement.client;
    parts.request_id = message.id;
    parts.log_level = session.log_level();
    parts.task_wish =
        agreement.revision == Revision::v2025_11_25 ? TaskWish::not_asked : TaskWish::none;
    parts.structured = agreement.revision < Revision::v2025_06_18 ? StructuredResults::none
                                                                  : StructuredResults::objects;
    if (auto* meta = message.params.if_contains("_meta"); meta && meta->is_object()) {
        parts.meta = std::move(meta->get_object());
    }
    message.params.erase("_meta");
    return parts;
}

/// Answers what needs no agreement; nullopt for everything else.
std::optional<std::string> answer_early(const ServerCore& core, Session& session,
                                        const Message& message) {
    if (message.method == "ping") {
        return response(message.id, kLatestLegacy, Acknowledged{});
    }
    if (message.method == "initialize") {
        auto agreement = negotiate(message.params);
        if (const auto* error = std::get_if<ProtocolError>(&agreement)) {
            return error_response(message.id, *error);
        }
        const auto revision = std::get<Agreement>(agreement).revision;
        if (!session.establish(std::move(std::get<Agreement>(agreement)))) {
            return error_response(
                message.id, {code::kInvalidRequest, "This session is initialized already", {}});
        }
        return initialize_response(message.id, revision, core.options, core.providers);
    }
    if (core.draining) return error_response(message.id, core.draining_error());
    return std::nullopt;
}

}  // namespace

std::variant<Agreement, ProtocolError> negotiate(const json::object& params) {
    const auto wanted = string_of(params, "protocolVersion");
    if (wanted.empty()) return invalid_params("params.protocolVersion must be a string");
    Agreement agreement;
    if (const auto known = parse_revision(wanted); known && is_legacy(*known)) {
        agreement.revision = *known;
    }
    auto profile = std::make_shared<ClientProfile>();
    profile->revision = name(agreement.revision);
    if (const auto* info = params.if_contains("clientInfo"); info && info->is_object()) {
        const auto& object = info->get_object();
        profile->info = {string_of(object, "name"), string_of(object, "version"),
                         string_of(object, "title")};
    }
    if (const auto* capabilities = params.if_contains("capabilities");
        capabilities && capabilities->is_object()) {
        profile->capabilities = capabilities->get_object();
    }
    agreement.client = std::move(profile);
    return agreement;
}

void on_notification(Session& session, const Message& message) {
    if (message.method != "notifications/cancelled") return;
    if (const auto* id = message.params.if_contains("requestId")) {
        session.cancel_call(id_text(*id));
    }
}

ProtocolError no_revision() {
    return {code::kInvalidParams,
            "Send initialize first (revisions up to 2025-11-25), or say the revision in "
            "params._meta (2026-07-28)",
            {}};
}

Task<void> serve_request(std::shared_ptr<ServerCore> core, std::shared_ptr<Session> session,
                         Message message, Route route) {
    if (auto early = answer_early(*core, *session, message)) {
        route.outbox->push(std::move(*early), Outbox::Kind::response);
        co_return;
    }
    const auto agreement = session->agreement();
    if (!agreement) {
        route.outbox->push(error_response(message.id, no_revision()), Outbox::Kind::response);
        co_return;
    }
    auto executor = co_await asio::this_coro::executor;
    RunningCall call(core->running, std::move(executor));
    const auto id = message.id;
    if (auto refused = refusal(session->begin_call(id, call.handle()), core->options.limits)) {
        route.outbox->push(error_response(id, *refused), Outbox::Kind::response);
        co_return;
    }
    std::optional<CallEntry> entry(std::in_place, *session, id);
    RouteChannel channel(route);
    auto parts = parts_of(*session, *agreement, message);
    parts.channel = &channel;
    parts.cancel = call.token();
    RequestContext context(std::move(parts));
    auto work = operate(*core, *session, agreement->revision, message, context, route);
    auto outcome = co_await std::move(work);
    if (const auto* created = std::get_if<TaskCreated>(&outcome)) {
        session->watch_task(created->task.id);
    }
    if (call.owes_answer()) {
        route.outbox->push(response(id, agreement->revision, std::move(outcome)),
                           Outbox::Kind::response);
    }
    entry.reset();  // After the answer: a draining session ends with its last call.
    session->touch();
}

}  // namespace kimbap::mcp::legacy
