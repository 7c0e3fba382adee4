#include "pipeline/sent_forms.hpp"

#include <algorithm>
#include <string>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/secret.hpp"

namespace kimbap::pipeline {

namespace {

/// A shorter half of `user:password` is in too many words to be looked for by itself.
constexpr std::size_t kShortestPassword = 4;
constexpr std::size_t kShortestUser = 8;
/// A password of fewer characters guards nothing.
constexpr std::size_t kShortestGuard = 8;
constexpr std::size_t kLongestWord = 16;

void add_if_other(scrub::Scrubber& scrubber, std::string sent, std::string_view secret) {
    if (sent != secret) scrubber.add(sent);
    wipe(sent.data(), sent.size());
}

/// Whether the user is the secret, as of services that take an API key for it and nothing, or any
/// word ("X", "api_token", "x-oauth-basic"), for the password.
bool user_is_the_secret(std::string_view user, std::string_view password) {
    if (user.size() < kShortestUser) return false;
    const bool word = password.size() <= kLongestWord &&
                      std::all_of(password.begin(), password.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || c == '_' || c == '-';
                      });
    return word || password.size() < kShortestGuard;
}

void add_pair(scrub::Scrubber& scrubber, std::string_view pair) {
    add_if_other(scrubber, base64_encode(pair), pair);
    const std::size_t colon = pair.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view user = pair.substr(0, colon);
    const std::string_view password = pair.substr(colon + 1);
    if (password.size() >= kShortestPassword) scrubber.add(password);
    if (user_is_the_secret(user, password)) scrubber.add(user);
}

}  // namespace

void add_sent_forms(scrub::Scrubber& scrubber, manifests::AuthType type, std::string_view secret) {
    scrubber.add(secret);
    if (type == manifests::AuthType::basic) add_pair(scrubber, secret);
    if (type == manifests::AuthType::query || type == manifests::AuthType::body) {
        add_if_other(scrubber, percent_encode(secret), secret);
    }
    if (type == manifests::AuthType::body) {
        std::string quoted;
        quoted.reserve(secret.size() * 6 + 2);  // so that it doesn't grow and leave a copy behind
        append_json_string(quoted, secret);
        quoted.pop_back();
        quoted.erase(0, 1);
        add_if_other(scrubber, std::move(quoted), secret);
    }
}

}  // namespace kimbap::pipeline
