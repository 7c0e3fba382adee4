#include "approval/decision_link.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "base/digest.hpp"
#include "base/encoding.hpp"

namespace kimbap::approval {

namespace {

constexpr std::string_view kPurpose = "kimbap decision link v1";
constexpr std::size_t kMarkDigits = 32;

std::int64_t seconds_up(TimePoint time) {
    const std::int64_t micros = to_unix_micros(time);
    return micros / 1'000'000 + (micros % 1'000'000 > 0 ? 1 : 0);
}

/// What the signature is over. No field can run into the next: line breaks are encoded.
std::string signed_text(const DecisionLink& link, std::int64_t until) {
    std::string text(kPurpose);
    for (const std::string* field : {&link.approval, &link.operator_name, &link.channel}) {
        text.append("\n").append(percent_encode(*field));
    }
    return text.append("\n").append(std::to_string(until));
}

std::string mark_of(std::string_view signature) {
    return sha256_hex(signature).substr(0, kMarkDigits);
}

std::optional<std::int64_t> parse_seconds(std::string_view text) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr std::int64_t most = 253'402'300'799;  // the year 9999
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (seconds < 0 || seconds > most || std::to_string(seconds) != text) return std::nullopt;
    return seconds;
}

Error not_genuine() {
    return make_error(Errc::forbidden,
                      "this is not a link that kimbap made, or it was changed on its way (open it "
                      "from the notification itself, whole)");
}

}  // namespace

DecisionLinks::DecisionLinks(std::string base_url, KeySource key)
    : base_url_(std::move(base_url)), key_(std::move(key)) {}

Result<std::string> DecisionLinks::make(const DecisionLink& link) const {
    if (!enabled()) return std::string();
    const Result<Secret> key = key_();
    if (!key) return key.error();
    const std::int64_t until = seconds_up(link.expires_at);
    const Sha256 mac = hmac_sha256(key->reveal(), signed_text(link, until));
    return base_url_ + "/decide/" + percent_encode(link.approval) +
           "?to=" + percent_encode(link.operator_name) + "&via=" + percent_encode(link.channel) +
           "&until=" + std::to_string(until) + "&sig=" + base64url_encode(bytes_of(mac));
}

Result<DecisionLink> DecisionLinks::check(std::string_view approval,
                                          const std::map<std::string, std::string>& query,
                                          TimePoint now) const {
    const auto field = [&](const char* name) {
        const auto found = query.find(name);
        return found == query.end() ? std::string() : found->second;
    };
    DecisionLink link{std::string(approval), field("to"), field("via"), {}};
    const auto until = parse_seconds(field("until"));
    const auto signature = base64url_decode(field("sig"));
    if (!until || !signature || link.operator_name.empty()) return not_genuine();
    const Result<Secret> key = key_();
    if (!key) return key.error();
    const Sha256 mac = hmac_sha256(key->reveal(), signed_text(link, *until));
    if (!constant_time_equal(bytes_of(mac), *signature)) return not_genuine();
    link.expires_at = from_unix_micros(*until * 1'000'000);
    link.mark = mark_of(*signature);
    if (now >= link.expires_at) {
        return make_error(Errc::timed_out, "this link was good until " +
                                               format_time(link.expires_at) +
                                               ": the request for approval is over by now");
    }
    return link;
}

}  // namespace kimbap::approval
