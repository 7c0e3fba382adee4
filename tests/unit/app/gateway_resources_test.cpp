#include "app/gateway_resources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/outcome.hpp"

namespace kimbap::app {
namespace {

using pipeline::CallResult;
using pipeline::ContentKind;
using pipeline::Disposition;

constexpr const char* kUri = "shop://orders/1";

CallResult ended(Disposition disposition, unsigned http_status = 0) {
    CallResult result;
    result.call = "call_1";
    result.disposition = disposition;
    result.http_status = http_status;
    result.message = "what happened";
    return result;
}

CallResult answered(ContentKind kind, std::string body, std::string mime_type) {
    CallResult result = ended(Disposition::succeeded, 200);
    result.content = kind;
    result.body = std::move(body);
    result.mime_type = std::move(mime_type);
    return result;
}

mcp::ResourceContents contents_of(CallResult result, const std::string& mime_type = "") {
    auto outcome = to_read_outcome(std::move(result), kUri, mime_type);
    auto* read = std::get_if<mcp::ReadResult>(&outcome);
    EXPECT_TRUE(read != nullptr && read->contents.size() == 1);
    return read != nullptr ? read->contents.at(0) : mcp::ResourceContents{};
}

TEST(ToReadOutcomeTest, GivesTextAsTextAndTheRestAsBytes) {
    const struct {
        CallResult result;
        const char* mime_type;
        const char* body;
        bool is_blob;
    } rows[] = {
        {answered(ContentKind::json, R"({"a":1})", ""), "application/json", R"({"a":1})", false},
        {answered(ContentKind::text, "words", "text/csv"), "text/csv", "words", false},
        {answered(ContentKind::none, "", ""), "", "", false},
        {answered(ContentKind::image, "\x01", "image/png"), "image/png", "AQ==", true},
        {answered(ContentKind::audio, "\x01", "audio/wav"), "audio/wav", "AQ==", true},
        {answered(ContentKind::binary, "\x01", "application/zip"), "application/zip", "AQ==", true},
    };
    for (const auto& row : rows) {
        const mcp::ResourceContents contents = contents_of(row.result);
        EXPECT_EQ(contents.uri, kUri);
        EXPECT_EQ(contents.mime_type, row.mime_type);
        EXPECT_EQ(contents.body, row.body);
        EXPECT_EQ(contents.is_blob, row.is_blob) << row.mime_type;
    }
}

TEST(ToReadOutcomeTest, TheManifestNamesTheMediaType) {
    EXPECT_EQ(contents_of(answered(ContentKind::json, "1", ""), "text/x").mime_type, "text/x");
}

TEST(ToReadOutcomeTest, ClientsDoNotReuseIt) {
    const auto outcome = to_read_outcome(answered(ContentKind::json, "1", ""), kUri, "");
    const auto& read = std::get<mcp::ReadResult>(outcome);
    ASSERT_TRUE(read.cache);
    EXPECT_EQ(read.cache->ttl.count(), 0);
    EXPECT_FALSE(read.cache->shared);
    EXPECT_EQ(read.meta.at("kimbap/call"), "call_1");
}

TEST(ToReadOutcomeTest, WhatFailsIsAnErrorThatNamesTheCall) {
    const struct {
        CallResult result;
        int code;
        const char* message;
    } rows[] = {
        {ended(Disposition::failed, 404), mcp::code::kResourceNotFound, "shop://orders/1"},
        {ended(Disposition::failed, 410), mcp::code::kResourceNotFound, "shop://orders/1"},
        {ended(Disposition::unknown_tool), mcp::code::kResourceNotFound, "shop://orders/1"},
        {ended(Disposition::failed, 500), mcp::code::kInternalError, "what happened"},
        {ended(Disposition::failed), mcp::code::kInternalError, "what happened"},
        {ended(Disposition::unavailable, 404), mcp::code::kInternalError, "what happened"},
        {ended(Disposition::cancelled), mcp::code::kInternalError, "what happened"},
        {ended(Disposition::invalid_arguments), mcp::code::kInvalidParams, "what happened"},
        {ended(Disposition::denied), mcp::code::kRefused, "what happened"},
        {ended(Disposition::not_approved), mcp::code::kRefused, "what happened"},
        {ended(Disposition::pending), mcp::code::kPending, "what happened"},
    };
    for (const auto& row : rows) {
        const auto outcome = to_read_outcome(row.result, kUri, "");
        const auto* error = std::get_if<mcp::ProtocolError>(&outcome);
        ASSERT_NE(error, nullptr);
        EXPECT_EQ(error->code, row.code) << pipeline::name(row.result.disposition);
        EXPECT_THAT(error->message, ::testing::HasSubstr(row.message));
        EXPECT_EQ(error->data->at("uri"), kUri);
        EXPECT_EQ(error->data->at("kimbap/call"), "call_1");
    }
}

TEST(ToReadOutcomeTest, AKeptOutcomeStillSaysThatThereIsNoSuchThing) {
    const auto kept = pipeline::from_outcome(pipeline::to_outcome(ended(Disposition::failed, 404)));
    ASSERT_TRUE(kept);
    const auto outcome = to_read_outcome(*kept, kUri, "");
    EXPECT_EQ(std::get<mcp::ProtocolError>(outcome).code, mcp::code::kResourceNotFound);
}

}  // namespace
}  // namespace kimbap::app
