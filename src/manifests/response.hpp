#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// A downstream's answer, as it came.
struct RawResponse {
    unsigned status = 200;
    std::string content_type;
    std::string body;
    /// What an error's Retry-After asks for (RFC 9110 section 10.2.3).
    std::optional<std::chrono::milliseconds> retry_after{};
};

/// The answer as the caller gets it.
struct ShapedResponse {
    enum class Kind { none, json, text, image, audio, binary };
    Kind kind = Kind::none;
    json::value value;      ///< Of kind json, unless its text is in `body`.
    std::string body;       ///< Of the others: UTF-8 text, or bytes. Of kind json: its compact
                            ///< text, where it goes on as it came.
    std::string mime_type;  ///< Without parameters; "" for json and none.
    bool is_error = false;
    /// Where is_error: what the downstream said, and what that means. Else what the answer lacks.
    std::string message;
};

/// The answer's JSON, where the action's `response` or the content type says that it is some.
/// Errors: protocol_error where it had to be JSON and is not.
[[nodiscard]] Result<std::optional<json::value>> parse_body(const ResponseSpec& spec,
                                                            const RawResponse& response);

/// What the downstream reports as an error inside a success (`error_when`); nullopt where nothing.
[[nodiscard]] std::optional<std::string> error_in(const ResponseSpec& spec,
                                                  const json::value& value);

/// Shapes an answer: error mapping, errors inside a 200, extraction, filters, compaction. Pure.
[[nodiscard]] ShapedResponse shape(const Action& action, RawResponse response);
/// The same for an answer whose JSON is at hand (merged pages).
[[nodiscard]] ShapedResponse shape_json(const Action& action, json::value value);

/// Whether answers have to be JSON whatever their content type: by the declared type, or by what
/// the manifest does with them.
[[nodiscard]] bool wants_json(const ResponseSpec& spec);

/// Whether a Content-Type says that Server-Sent Events follow.
[[nodiscard]] bool is_event_stream(std::string_view content_type);

[[nodiscard]] std::string apply_text_filter(const TextFilter& filter, std::string_view text);
/// "#{{.number}} {{.title}}" over an item; absent members give "".
[[nodiscard]] std::string expand_compact(std::string_view pattern, const json::value& item);

}  // namespace kimbap::manifests
