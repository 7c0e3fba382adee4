#include "async/worker_pool.hpp"
#include "operator_api/problem.hpp"
#include "operator_api/resources.hpp"
#include "vault/vault.hpp"

namespace kimbap::operator_api {

namespace json = boost::json;

Task<net::HttpResponse> list_secrets(const ApiRequest&, ApiServices& services) {
    auto listing = services.workers.run([&services] { return services.vault.list(); });
    const auto rows = co_await std::move(listing);
    if (!rows) co_return problem(rows.error());
    json::array list;
    for (const auto& row : *rows) {
        list.push_back({{"name", row.name},
                        {"version", row.version},
                        {"created_at", format_time(row.created_at)},
                        {"updated_at", format_time(row.updated_at)}});
    }
    json::object body{{"secrets", std::move(list)}};
    co_return json_response(body);
}

Task<net::HttpResponse> list_services(const ApiRequest&, ApiServices& services) {
    const auto rules = services.rules.current();
    json::array list;
    for (const auto& service : rules->actions->services()) {
        json::array actions;
        for (const auto& action : service.actions) {
            actions.push_back({{"name", action.name},
                               {"description", action.description},
                               {"risk", manifests::name(action.risk.level)},
                               {"mutating", action.risk.mutating}});
        }
        list.push_back({{"name", service.name},
                        {"version", service.version},
                        {"description", service.description},
                        {"base_url", service.base_url},
                        {"credential_ref", service.auth.reference()},
                        {"actions", std::move(actions)}});
    }
    json::object body{{"services", std::move(list)}};
    co_return json_response(body);
}

}  // namespace kimbap::operator_api
