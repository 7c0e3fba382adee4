#pragma once

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/headers.hpp"

namespace kimbap::net {

namespace http = boost::beast::http;

/// One HTTP/1.1 message as it is parsed (RFC 9112): Beast's parser, with the fields kept as Headers
/// and the body as a string. Trailers are checked and dropped: nothing of a message may change once
/// its head was acted on (RFC 9110 section 6.5).
template <bool isRequest>
class MessageParser final : public http::basic_parser<isRequest> {
public:
    /// 11 for HTTP/1.1.
    [[nodiscard]] int version() const noexcept { return version_; }
    [[nodiscard]] const Headers& headers() const noexcept { return headers_; }
    [[nodiscard]] Headers& headers() noexcept { return headers_; }
    [[nodiscard]] const std::string& body() const noexcept { return body_; }
    [[nodiscard]] std::string& body() noexcept { return body_; }

    // Of a request
    [[nodiscard]] http::verb method() const noexcept { return method_; }
    [[nodiscard]] const std::string& method_text() const noexcept { return method_text_; }
    [[nodiscard]] std::string& method_text() noexcept { return method_text_; }
    [[nodiscard]] const std::string& target() const noexcept { return target_; }
    [[nodiscard]] std::string& target() noexcept { return target_; }

    // Of a response
    [[nodiscard]] unsigned status() const noexcept { return status_; }

private:
    using Text = boost::beast::string_view;
    using Code = boost::beast::error_code;
    /// A body grows beyond it only as it arrives, whatever its length is said to be.
    static constexpr std::uint64_t kReservedAtMost = 1U << 20;

    static std::string_view view(Text text) { return {text.data(), text.size()}; }

    void on_request_impl(http::verb method, Text text, Text target, int version, Code&) override {
        method_ = method;
        method_text_ = view(text);
        target_ = view(target);
        version_ = version;
    }
    void on_response_impl(int status, Text, int version, Code&) override {
        status_ = static_cast<unsigned>(status);
        version_ = version;
    }
    void on_field_impl(http::field, Text name, Text value, Code&) override {
        if (!in_trailer_) headers_.add(view(name), view(value));
    }
    void on_header_impl(Code&) override { in_trailer_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code&) override {
        if (length) body_.reserve(std::min(*length, kReservedAtMost));
    }
    std::size_t on_body_impl(Text piece, Code&) override {
        body_.append(piece.data(), piece.size());
        return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, Text piece, Code&) override {
        body_.append(piece.data(), piece.size());
        return piece.size();
    }
    void on_finish_impl(Code&) override {}

    Headers headers_;
    std::string body_;
    std::string method_text_;
    std::string target_;
    http::verb method_ = http::verb::unknown;
    unsigned status_ = 0;
    int version_ = 11;
    bool in_trailer_ = false;
};

}  // namespace kimbap::net
