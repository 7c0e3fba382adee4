#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/mcp_client.hpp"
#include "support/upstream.hpp"

namespace kimbap::test {

/// Slack's Web API as its documentation says it answers: chat.postMessage, chat.update and
/// chat.postEphemeral, with the token, the required arguments and Block Kit's limits checked. What
/// is wrong is answered with Slack's error codes and kept as a fault.
class FakeSlack {
public:
    static constexpr std::string_view kToken = "xoxb-1234-5678-abcdefghij";
    static constexpr std::string_view kSigningSecret = "8f742231b10e8888abcd99yyyzzz85a5";

    FakeSlack();
    [[nodiscard]] std::string api_url() const { return upstream_.url() + "/api"; }
    /// What stands in the conversation now, by ts, with later updates in place.
    [[nodiscard]] std::map<std::string, boost::json::object> messages() const;
    [[nodiscard]] std::vector<boost::json::object> whispers() const;
    [[nodiscard]] std::vector<std::string> faults() const;
    [[nodiscard]] std::size_t calls() const { return upstream_.count(); }
    /// The next `count` requests are answered 429 with Retry-After: 1.
    void limit(int count);
    /// Answers 503 until told otherwise.
    void down(bool is);

    /// Somebody presses a button of the newest message: kimbap's answer. Signed with `secret` at
    /// `seconds` (0: now).
    Reply press(const std::string& kimbap, const std::string& entry, std::string_view action,
                const std::string& user, std::string_view secret = kSigningSecret,
                std::int64_t seconds = 0) const;
    /// The headers of a request with this body.
    static std::map<std::string, std::string> signature(const std::string& body,
                                                        std::string_view secret = kSigningSecret,
                                                        std::int64_t seconds = 0);
    /// The headers and the body that press() sends.
    [[nodiscard]] std::pair<std::map<std::string, std::string>, std::string> signed_press(
        std::string_view action, const std::string& user, std::string_view secret,
        std::int64_t seconds) const;

private:
    Answer answer(const Received& request);
    Answer refuse(const std::string& code, const std::string& why);
    std::string check(const boost::json::object& message) const;

    mutable std::mutex mutex_;
    std::map<std::string, boost::json::object> messages_;
    std::vector<boost::json::object> whispers_;
    std::vector<std::string> faults_;
    int limited_ = 0;
    bool down_ = false;
    int next_ = 0;
    Upstream upstream_;
};

/// Telegram's Bot API likewise: sendMessage and editMessageText.
class FakeTelegram {
public:
    static constexpr std::string_view kToken = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
    static constexpr std::string_view kSecret = "webhook-secret_1";

    FakeTelegram();
    [[nodiscard]] std::string api_url() const { return upstream_.url(); }
    [[nodiscard]] std::map<std::int64_t, boost::json::object> messages() const;
    [[nodiscard]] std::vector<std::string> faults() const;
    void limit(int count);
    /// Somebody presses a button (row 0) of the newest message: kimbap's answer.
    Reply press(const std::string& kimbap, const std::string& entry, std::size_t column,
                std::int64_t user, std::string_view secret = kSecret) const;

private:
    Answer answer(const Received& request);

    mutable std::mutex mutex_;
    std::map<std::int64_t, boost::json::object> messages_;
    std::vector<std::string> faults_;
    int limited_ = 0;
    std::int64_t next_ = 100;
    Upstream upstream_;
};

}  // namespace kimbap::test
