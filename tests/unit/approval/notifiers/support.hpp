#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "approval/event_view.hpp"
#include "approval/notifiers/api_client.hpp"
#include "approval/notifiers/email.hpp"
#include "approval/notifiers/webhook.hpp"
#include "base/json_text.hpp"
#include "support/run_task.hpp"

namespace kimbap::approval {

/// An API that answers what the test put in line, and `{"ok":true}` then.
class FakeApi final : public ApiClient {
public:
    struct Call {
        std::string url;
        std::map<std::string, std::string> headers;
        json::object body;
    };
    Task<Result<ApiAnswer>> post_json(std::string url,
                                      std::vector<std::pair<std::string, std::string>> headers,
                                      std::string body,
                                      std::chrono::steady_clock::time_point) override {
        calls.push_back({std::move(url),
                         {headers.begin(), headers.end()},
                         parse_json(body).value().as_object()});
        Result<ApiAnswer> answer = ApiAnswer{200, {}, R"({"ok":true})"};
        if (!answers.empty()) {
            answer = std::move(answers.front());
            answers.pop_front();
        }
        co_return answer;
    }
    std::vector<Call> calls;
    std::deque<Result<ApiAnswer>> answers;
};

inline SecretLookup secret(std::string value) {
    return [value](std::string) -> Task<Result<Secret>> { co_return Secret(value); };
}

inline LinkMaker links() {
    return [](DecisionLink link) -> Task<Result<std::string>> {
        co_return "https://k.example/decide/" + link.approval + "?to=" + link.operator_name +
            "&via=" + link.channel;
    };
}

inline json::object sample_event(json::object parameters = {{"amount", 9900}}) {
    return {{"type", "approval.requested"},
            {"timestamp", "2026-11-23T12:00:00.000000Z"},
            {"data",
             {{"id", "apr_01m89yj8szmb5e6jcg5f01ftax"},
              {"state", "pending"},
              {"caller",
               {{"agent", "support-bot"},
                {"token", "tok_1"},
                {"roles", {"support", "night"}},
                {"client", "claude-code"}}},
              {"action", "stripe.create-refund"},
              {"risk", "high"},
              {"parameters", std::move(parameters)},
              {"rule", "refunds-need-a-human"},
              {"created_at", "2026-11-23T12:00:00.000000Z"},
              {"expires_at", "2026-11-23T12:30:00.000000Z"}}}};
}

/// The same, as it ended.
inline json::object ended_event(const std::string& state) {
    json::object event = sample_event();
    event["type"] = "approval." + state;
    json::object& data = event["data"].as_object();
    data["state"] = state;
    data["operators"] = {"alice"};
    data["reason"] = "checked";
    data["decided_at"] = "2026-11-23T12:05:00.000000Z";
    return event;
}

inline EventView view(const json::object& event) {
    return read_event(to_json(event)).value();
}

inline Notification notification(const json::object& event, std::string earlier = "",
                                 std::string recipient = "") {
    return {"evt_1",
            "apr_01m89yj8szmb5e6jcg5f01ftax",
            from_unix_micros(1'795'435'200'000'000),
            to_json(event),
            std::move(recipient),
            std::move(earlier)};
}

/// Aimed at Slack's mrkdwn, Telegram's HTML, a mail's headers and HTML, and the reader's eyes.
inline const std::string kHostile =
    "<!channel> <@U1> *b* `c` <https://evil.example|Approve> </pre><a "
    "href=\"https://evil.example\">"
    "x</a><script>alert(1)</script>\r\nBcc: victim@example.com\r\n\r\n--kimbap\xE2\x80\xAEgnp.exe "
    "@everyone /approve";

}  // namespace kimbap::approval
