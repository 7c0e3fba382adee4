#include <charconv>

#include "async/worker_pool.hpp"
#include "audit/reader.hpp"
#include "base/json_text.hpp"
#include "operator_api/problem.hpp"
#include "operator_api/resources.hpp"

namespace kimbap::operator_api {

namespace {

constexpr std::size_t kMaxRecords = 1000;

template <class Number>
bool read_number(const std::string& text, Number& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Task<net::HttpResponse> list_audit(const ApiRequest& request, ApiServices& services) {
    audit::Filter filter;
    filter.kind = request.query_or("kind", "");
    filter.call = request.query_or("call", "");
    filter.agent = request.query_or("agent", "");
    filter.action = request.query_or("action", "");
    if (const std::string since = request.query_or("since", ""); !since.empty()) {
        filter.since = parse_time(since);
        if (!filter.since) co_return problem(400, "since must be a time like 2026-01-31T10:00:00Z");
        filter.oldest = true;
    }
    if (const std::string after = request.query_or("after", ""); !after.empty()) {
        if (!read_number(after, filter.after_seq) || filter.after_seq < 0) {
            co_return problem(400, "after must be the seq of a record");
        }
        filter.oldest = true;
    }
    const std::string limit = request.query_or("limit", "100");
    if (!read_number(limit, filter.limit) || filter.limit == 0 || filter.limit > kMaxRecords) {
        co_return problem(400, "limit must be a number from 1 to 1000");
    }
    auto reading = services.workers.run([&services, filter]() -> Result<std::string> {
        // The records go out exactly as they are kept, so that their hashes can be verified.
        std::string body = "{\"records\":[";
        bool first = true;
        const auto read =
            audit::for_each(services.store, filter, [&](std::int64_t, const std::string& line) {
                if (!first) body += ',';
                first = false;
                body += line;
            });
        if (!read) return read.error();
        return body + "]}";
    });
    auto body = co_await std::move(reading);
    if (!body) co_return problem(body.error());
    net::HttpResponse response;
    response.content_type = "application/json";
    response.body = std::move(*body);
    co_return response;
}

}  // namespace kimbap::operator_api
