#pragma once

#include <string_view>

#include "support/installation.hpp"
#include "support/upstream.hpp"

namespace kimbap::test {

inline constexpr std::string_view kShopToken = "shop-token-7f3a9c51d2e84b60";

inline constexpr std::string_view kShopManifest = R"(name: shop
version: 1.0.0
description: Orders
base_url: @BASE@/v1
auth: {type: bearer, credential_ref: shop.token}
actions:
  get-order:
    description: Look up an order
    method: GET
    path: /orders/{order}
    risk: {level: low, mutating: false}
    idempotent: true
    args:
      - {name: order, type: string, required: true, pattern: "^[0-9]+$"}
      - {name: expand, type: string}
    request: {path_params: {order: "{order}"}, query: {expand: "{expand}"}}
  refund:
    description: Give the money back
    method: POST
    path: /orders/{order}/refund
    risk: {level: high, mutating: true}
    args:
      - {name: order, type: string, required: true}
      - {name: amount, type: integer, required: true, minimum: 1}
      - {name: card, type: string, sensitive: true}
    request: {path_params: {order: "{order}"}, body: {amount: "{amount}", card: "{card}"}}
    response: {type: object}
  remove:
    description: Delete an order
    method: DELETE
    path: /orders/{order}
    risk: {level: critical, mutating: true}
    args:
      - {name: order, type: string, required: true}
    request: {path_params: {order: "{order}"}}
)";

inline constexpr std::string_view kShopPolicy = R"(version: 1.0.0
rules:
  - {id: reads, priority: 10, match: {risk: [low]}, decision: allow}
  - {id: refunds, priority: 20, match: {actions: [shop.refund]}, decision: require_approval}
  - {id: no-removal, description: The books stay complete, priority: 30, match: {actions: ["shop.remove"]}, decision: deny}
)";

/// A kimbap with a shop behind it, which wants kShopToken.
class Shop {
public:
    explicit Shop(std::string_view config = "", Upstream::Handler handler = order)
        : upstream(std::move(handler)), kimbap(config) {
        kimbap.manifest("shop", std::string(kShopManifest), upstream.url());
        kimbap.policy("shop", kShopPolicy);
        kimbap.must({"vault", "set", "shop.token"}, kShopToken);
    }

    static Answer order(const Received& request) {
        if (request.header("Authorization") != "Bearer " + std::string(kShopToken)) {
            return {401, R"({"error":"who are you?"})"};
        }
        return {200, R"({"id":"1001","state":")" +
                         std::string(request.method == "GET" ? "paid" : "refunded") + R"("})"};
    }

    Upstream upstream;
    Installation kimbap;
};

/// The only pending approval's identifier, waiting for it.
inline std::string pending_approval(const Installation& kimbap) {
    std::string id;
    eventually("an approval", [&] {
        const boost::json::value list = kimbap.json({"approval", "list", "--state", "pending"});
        const boost::json::array& approvals = list.at("approvals").as_array();
        if (!approvals.empty()) id = approvals.front().at("id").as_string().c_str();
        return !id.empty();
    });
    return id;
}

}  // namespace kimbap::test
