#include "net/request_bytes.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/temp_folder.hpp"
#include "unit/net/support/certificates.hpp"
#include "unit/net/support/client_harness.hpp"
#include "unit/net/support/freed_memory.hpp"
#include "unit/net/support/scripted_upstream.hpp"

namespace kimbap::net {
namespace {

using test::ClientHarness;
using test::FreedMemory;

constexpr std::string_view kSecret = "s3cr3t-credential-s3cr3t-credential";

OutboundRequest with_secret(std::uint16_t port, std::size_t padding) {
    OutboundRequest request =
        ClientHarness::request_to(port, "/" + std::string(padding, 'p') + "?t=x");
    request.method = "POST";
    request.headers.reserve(8);
    request.headers.emplace_back("X-Padding", std::string(padding, 'h'));
    request.headers.emplace_back("Authorization", "");
    request.headers.back().second.reserve(100);
    request.headers.back().second.append("Bearer ").append(kSecret);
    request.url.target.reserve(padding + 200);
    request.url.target.append(kSecret);
    request.body.reserve(padding + 100);
    request.body.append(kSecret).append(padding, 'b');
    return request;
}

TEST(RequestBytes, WhatWatchesFreedMemorySees) {
    const FreedMemory freed(kSecret);
    { const std::string copy(kSecret); }
    EXPECT_EQ(FreedMemory::sightings(), 1U);
}

TEST(RequestBytes, LeavesNoCredentialInMemory) {
    const test::ScriptedUpstream upstream([](test::RawPeer& peer, int) {
        for (;;) {
            // Reads through a buffer of its own, on the stack, and drops what it read at once.
            if (!peer.discard_until_idle()) return;
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    for (const std::size_t padding : {0U, 100U, 300U, 1000U, 5000U}) {
        ClientHarness harness;
        for (int i = 0; i < 2; ++i) {
            OutboundRequest request = with_secret(upstream.port(), padding);
            const FreedMemory freed(kSecret);
            const Exchange out = harness.send(std::move(request));
            ASSERT_TRUE(out.response) << out.error.message;
            EXPECT_EQ(FreedMemory::sightings(), 0U) << padding;
        }
    }
}

TEST(RequestBytes, LeavesNoCredentialInMemoryWhereItFails) {
    std::uint16_t nobody = 0;
    {
        const test::ScriptedUpstream upstream("");
        nobody = upstream.port();
    }
    const struct {
        const char* name;
        void (*spoil)(OutboundRequest&);
    } table[]{
        {"refused connection", [](OutboundRequest&) {}},
        {"blocked address", [](OutboundRequest& it) { it.operator_chose_address = false; }},
        {"bad header", [](OutboundRequest& it) { it.headers.emplace_back("X", "\n"); }},
        {"deadline", [](OutboundRequest& it) { it.deadline = {}; }},
        {"TLS", [](OutboundRequest& it) { it.url.tls = true; }},
        {"withdrawn",
         [](OutboundRequest& it) {
             async::CancelSource source;
             source.cancel();
             it.cancel = source.token();
         }},
    };
    for (const auto& row : table) {
        ClientHarness harness;
        OutboundRequest request = with_secret(nobody, 300);
        row.spoil(request);
        const FreedMemory freed(kSecret);
        const Exchange out = harness.send(std::move(request));
        EXPECT_FALSE(out.response) << row.name;
        EXPECT_EQ(FreedMemory::sightings(), 0U) << row.name;
    }
}

TEST(RequestBytes, ErrorsQuoteNoValue) {
    OutboundRequest request = ClientHarness::request_to(1);
    request.headers = {{"Authorization", "Bearer hunter2\r\n"}};
    const auto bytes = RequestBytes::of(request);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().message.find("hunter2"), std::string::npos);
    EXPECT_NE(bytes.error().message.find("Authorization"), std::string::npos);
}

}  // namespace
}  // namespace kimbap::net
