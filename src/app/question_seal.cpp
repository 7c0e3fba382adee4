#include "app/question_seal.hpp"

#include <charconv>

#include "base/digest.hpp"
#include "base/encoding.hpp"

namespace kimbap::app {

namespace {

constexpr std::string_view kPurpose = "kimbap question v1";

std::string sealed(const Secret& key, std::string_view binding, std::string_view until) {
    std::string text(kPurpose);
    text.append("\n").append(until).append("\n").append(binding);
    const Sha256 mac = hmac_sha256(key.reveal(), text);
    return std::string(until) + "." + base64url_encode(bytes_of(mac));
}

}  // namespace

Result<std::string> QuestionSeal::make(std::string_view binding, TimePoint now) const {
    const Result<Secret> key = key_();
    if (!key) return key.error();
    return sealed(*key, binding, std::to_string(to_unix_micros(now + kLife)));
}

Result<QuestionSeal::Verdict> QuestionSeal::check(std::string_view state, std::string_view binding,
                                                  TimePoint now) const {
    const Result<Secret> key = key_();
    if (!key) return key.error();
    const std::string_view until = state.substr(0, state.find('.'));
    // Only what is sealed is read.
    if (!constant_time_equal(sealed(*key, binding, until), state)) return Verdict::foreign;
    std::int64_t micros = 0;
    std::from_chars(until.data(), until.data() + until.size(), micros);
    return now < from_unix_micros(micros) ? Verdict::good : Verdict::lapsed;
}

}  // namespace kimbap::app
