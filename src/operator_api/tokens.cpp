#include <algorithm>

#include "approval/approval_state.hpp"
#include "async/worker_pool.hpp"
#include "identity/token_registry.hpp"
#include "operator_api/body_fields.hpp"
#include "operator_api/problem.hpp"
#include "operator_api/resources.hpp"

namespace kimbap::operator_api {

namespace json = boost::json;

namespace {

json::object shown(const store::TokenRow& row) {
    json::object out{{"id", row.id},
                     {"name", row.name},
                     {"kind", row.is_operator ? "operator" : "agent"},
                     {"roles", json::array(row.roles.begin(), row.roles.end())},
                     {"actions", json::array(row.actions.begin(), row.actions.end())},
                     {"created_at", format_time(row.created_at)}};
    if (!row.owner.empty()) out["owner"] = row.owner;
    if (row.expires_at) out["expires_at"] = format_time(*row.expires_at);
    if (row.revoked_at) out["revoked_at"] = format_time(*row.revoked_at);
    return out;
}

}  // namespace

Task<net::HttpResponse> list_tokens(const ApiRequest&, ApiServices& services) {
    auto listing = services.workers.run([&services] { return services.tokens.list(); });
    const auto rows = co_await std::move(listing);
    if (!rows) co_return problem(rows.error());
    json::array list;
    for (const auto& row : *rows) list.push_back(shown(row));
    json::object body{{"tokens", std::move(list)}};
    co_return json_response(body);
}

Task<net::HttpResponse> create_token(const ApiRequest& request, ApiServices& services) {
    BodyFields fields(request.body);
    const std::string agent = fields.text("agent");
    const std::string operator_name = fields.text("operator");
    identity::NewToken wanted;
    wanted.is_operator = agent.empty();
    wanted.name = wanted.is_operator ? operator_name : agent;
    wanted.roles = fields.texts("roles");
    wanted.actions = fields.texts("actions");
    const std::string ttl = fields.text("ttl");
    if (auto refused = fields.refusal()) co_return std::move(*refused);
    if (agent.empty() == operator_name.empty()) {
        co_return problem(400, "name either an \"agent\" or an \"operator\"");
    }
    if (request.body.contains("actions") && wanted.actions.empty()) {
        co_return problem(400, "\"actions\" is empty (leave it out for every action)");
    }
    if (request.body.contains("ttl")) {
        wanted.ttl = parse_duration(ttl);
        if (!wanted.ttl) co_return problem(400, "\"ttl\" must be a duration like 24h");
    }
    if (wanted.is_operator && !approval::same_operator(wanted.name, request.caller->name)) {
        // One who could be two operators would be enough where two are wanted.
        co_return problem(403,
                          "you can make an operator's token for yourself alone (whoever runs "
                          "kimbap's machine can for others: `kimbap token create --operator …`)");
    }
    if (!wanted.is_operator) wanted.owner = request.caller->name;
    for (const std::string& role : wanted.roles) {
        // Roles of operators say who may decide (approval.approvers): nobody gives more than they
        // have.
        const auto& own = request.caller->roles;
        if (!wanted.is_operator || std::find(own.begin(), own.end(), role) != own.end()) continue;
        co_return problem(403, "you can't give an operator the role \"" + role +
                                   "\", which you don't have (whoever runs kimbap's machine can: "
                                   "`kimbap token create --operator … --role …`)");
    }
    auto creating = services.workers.run([&services, wanted, actor = request.caller->name] {
        return services.tokens.create(wanted, actor);
    });
    auto created = co_await std::move(creating);
    if (!created) co_return problem(created.error());
    json::object body{{"id", created->id}, {"token", created->token.reveal()}};
    net::HttpResponse response = json_response(body, 201);
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

Task<net::HttpResponse> revoke_token(const ApiRequest& request, ApiServices& services) {
    auto revoking =
        services.workers.run([&services, id = request.id, actor = request.caller->name] {
            return services.tokens.revoke(id, actor);
        });
    const auto revoked = co_await std::move(revoking);
    if (!revoked) co_return problem(revoked.error());
    json::object body{{"id", request.id}, {"revoked", true}};
    co_return json_response(body);
}

}  // namespace kimbap::operator_api
