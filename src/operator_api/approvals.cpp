#include <charconv>

#include "approval/approval_manager.hpp"
#include "approval/delivery_view.hpp"
#include "approval/shortened.hpp"
#include "async/worker_pool.hpp"
#include "identity/identity.hpp"
#include "operator_api/body_fields.hpp"
#include "operator_api/problem.hpp"
#include "operator_api/resources.hpp"
#include "store/outbox_store.hpp"
#include "store/store.hpp"

namespace kimbap::operator_api {

namespace {

constexpr std::size_t kMaxPage = 500;

Task<net::HttpResponse> decide(const ApiRequest& request, ApiServices& services,
                               approval::Verdict verdict) {
    BodyFields fields(request.body);
    const std::string reason = fields.text("reason");
    if (auto refused = fields.refusal()) co_return std::move(*refused);
    const approval::Operator who{
        request.caller->name, request.caller->token, "api", approval::Proof::token, "", "",
        request.caller->roles};
    auto deciding = services.approvals.decide(request.id, who, verdict, reason);
    const auto decided = co_await std::move(deciding);
    if (!decided) co_return problem(decided.error());
    boost::json::object body = approval::to_json(*decided);
    co_return json_response(body);
}

}  // namespace

Task<net::HttpResponse> list_approvals(const ApiRequest& request, ApiServices& services) {
    approval::ListFilter filter;
    const std::string state = request.query_or("state", "");
    if (!state.empty()) {
        filter.state = approval::parse_state(state);
        if (!filter.state) {
            co_return problem(400,
                              "state must be one of pending, approved, denied, expired, withdrawn");
        }
    }
    const std::string limit = request.query_or("limit", "100");
    const auto [end, error] =
        std::from_chars(limit.data(), limit.data() + limit.size(), filter.limit);
    if (error != std::errc{} || end != limit.data() + limit.size() || filter.limit == 0 ||
        filter.limit > kMaxPage) {
        co_return problem(400, "limit must be a number from 1 to 500");
    }
    filter.before_id = request.query_or("before", "");
    if (!filter.before_id.empty() && !filter.before_id.starts_with("apr_")) {
        co_return problem(400, "before must be the identifier of an approval, apr_…");
    }
    auto listing = services.approvals.list(filter);
    const auto found = co_await std::move(listing);
    if (!found) co_return problem(found.error());
    boost::json::array list;
    for (const auto& approval : *found) {
        boost::json::object shown = approval::to_json(approval);
        approval::shorten_parameters(shown);
        list.emplace_back(std::move(shown));
    }
    co_return json_response(boost::json::object{{"approvals", std::move(list)}});
}

Task<net::HttpResponse> show_approval(const ApiRequest& request, ApiServices& services) {
    auto finding = services.approvals.find(request.id);
    const auto found = co_await std::move(finding);
    if (!found) co_return problem(found.error());
    boost::json::object body = approval::to_json(*found);
    auto reading = services.workers.run([&services, id = request.id] {
        return store::query(services.store, [&id](const store::Snapshot& snapshot) {
            return snapshot.outbox().of_approval(id);
        });
    });
    const auto deliveries = co_await std::move(reading);
    if (!deliveries) co_return problem(deliveries.error());
    body["parameters_digest"] = approval::parameters_digest(found->parameters);
    body["deliveries"] = approval::deliveries_json(*deliveries);
    co_return json_response(body);
}

Task<net::HttpResponse> approve_approval(const ApiRequest& request, ApiServices& services) {
    auto deciding = decide(request, services, approval::Verdict::approve);
    co_return co_await std::move(deciding);
}

Task<net::HttpResponse> deny_approval(const ApiRequest& request, ApiServices& services) {
    auto deciding = decide(request, services, approval::Verdict::deny);
    co_return co_await std::move(deciding);
}

}  // namespace kimbap::operator_api
