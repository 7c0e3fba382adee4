#include "pipeline/outcome.hpp"

#include <array>

#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::pipeline {

namespace {

constexpr std::array kDispositions{
    Disposition::succeeded,    Disposition::failed,   Disposition::invalid_arguments,
    Disposition::unknown_tool, Disposition::denied,   Disposition::pending,
    Disposition::not_approved, Disposition::asked,    Disposition::not_confirmed,
    Disposition::unavailable,  Disposition::cancelled};
constexpr std::array<std::string_view, 6> kKinds{"none",  "json",  "text",
                                                 "image", "audio", "binary"};

std::string text_at(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string{};
}

}  // namespace

std::string to_outcome(const CallResult& result) {
    const bool bytes = result.content == ContentKind::image ||
                       result.content == ContentKind::audio ||
                       result.content == ContentKind::binary;
    const json::object out{{"call", result.call},
                           {"disposition", name(result.disposition)},
                           {"action", result.action},
                           {"decision", result.decision},
                           {"rule", result.rule},
                           {"approval", result.approval},
                           {"task", result.task},
                           {"http_status", result.http_status},
                           {"content", kKinds[static_cast<std::size_t>(result.content)]},
                           {"body", bytes ? base64_encode(result.body) : result.body},
                           {"mime_type", result.mime_type},
                           {"message", result.message}};
    std::string text;
    append_json(text, out);
    return text;
}

Result<CallResult> from_outcome(std::string_view text) {
    const auto value = parse_json(text);
    if (!value || !value->is_object()) {
        return make_error(Errc::corrupt, "the stored outcome can't be read");
    }
    const json::object& object = value->get_object();
    CallResult out;
    out.call = text_at(object, "call");
    out.action = text_at(object, "action");
    out.decision = text_at(object, "decision");
    out.rule = text_at(object, "rule");
    out.approval = text_at(object, "approval");
    out.task = text_at(object, "task");
    out.body = text_at(object, "body");
    out.mime_type = text_at(object, "mime_type");
    out.message = text_at(object, "message");
    if (const json::value* status = object.if_contains("http_status");
        status != nullptr && status->is_int64()) {
        out.http_status = static_cast<unsigned>(status->get_int64());
    }
    if (const json::value* error = object.if_contains("error");
        error != nullptr && error->is_object()) {
        out.message = text_at(error->get_object(), "message");
    }
    const std::string disposition = text_at(object, "disposition");
    for (const Disposition one : kDispositions) {
        if (name(one) == disposition) out.disposition = one;
    }
    const std::string kind = text_at(object, "content");
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
        if (kKinds[i] == kind) out.content = static_cast<ContentKind>(i);
    }
    if (out.content >= ContentKind::image) {
        out.body = base64_decode(out.body).value_or(std::string{});
    }
    return out;
}

}  // namespace kimbap::pipeline
