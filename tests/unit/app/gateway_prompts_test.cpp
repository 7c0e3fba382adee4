#include "app/gateway_prompts.hpp"

#include <gtest/gtest.h>

namespace kimbap::app {
namespace {

using boost::json::object;

TEST(ResourceUriTest, ArgumentsAreEncodedUnlessTheyAreTheWhole) {
    const object arguments{{"id", "a/b c"}, {"uri", "shop://x/y?z"}, {"empty", ""}};
    EXPECT_EQ(resource_uri("shop:all", arguments), "shop:all");
    EXPECT_EQ(resource_uri("shop:{id}/x", arguments), "shop:a%2Fb%20c/x");
    EXPECT_EQ(resource_uri("{uri}", arguments), "shop://x/y?z");
    EXPECT_EQ(resource_uri("shop:{empty}", arguments), std::nullopt);
    EXPECT_EQ(resource_uri("{absent}", arguments), std::nullopt);
}

TEST(PromptContentTest, PicturesAndSoundsAreWhatTheyAre) {
    const auto content = [](std::string mime_type, bool is_blob) {
        return prompt_content({"shop:x", std::move(mime_type), "AQ==", is_blob}).body;
    };
    EXPECT_TRUE(std::holds_alternative<mcp::ImageContent>(content("image/png", true)));
    EXPECT_TRUE(std::holds_alternative<mcp::AudioContent>(content("audio/wav", true)));
    EXPECT_TRUE(std::holds_alternative<mcp::EmbeddedResource>(content("image/svg+xml", false)));
    EXPECT_TRUE(std::holds_alternative<mcp::EmbeddedResource>(content("application/zip", true)));
    EXPECT_TRUE(std::holds_alternative<mcp::EmbeddedResource>(content("text/plain", false)));
}

TEST(PromptNameTest, IsAWord) {
    manifests::Service service;
    service.name = "shop";
    const auto named = [&](std::string name) {
        manifests::Recipe recipe;
        recipe.name = std::move(name);
        return prompt_name(service, recipe);
    };
    EXPECT_EQ(named("Order it again!"), "shop_order-it-again");
    EXPECT_EQ(named("say_it"), "shop_say_it");
    EXPECT_EQ(named("-- 2"), "shop_2");
}

TEST(RecipeTextTest, FillsInItsArgumentsOnce) {
    manifests::Service service;
    service.name = "shop";
    manifests::Recipe recipe;
    recipe.name = "reorder";
    recipe.steps = {"Find {order}.", "Order {order} {how} {other}."};
    EXPECT_EQ(recipe_text(service, recipe, {{"order", "{how}"}, {"how", ""}}),
              "reorder (shop)\n\n1. Find {how}.\n2. Order {how}  {other}.");
}

}  // namespace
}  // namespace kimbap::app
