#include "approval/claim.hpp"

#include <gtest/gtest.h>

namespace kimbap::approval {
namespace {

TEST(Claim, IsHeldAsLongAsItLives) {
    const auto registry = std::make_shared<ClaimRegistry>();
    {
        Claim first(registry, {"apr_1", "clm_1"});
        const Claim second(registry, {"apr_2", "clm_2"});
        EXPECT_EQ(registry->held().size(), 2U);
        Claim moved(std::move(first));
        EXPECT_EQ(registry->held().size(), 2U);
        EXPECT_EQ(moved.id(), "apr_1");
        EXPECT_EQ(moved.claimer(), "clm_1");
        moved = Claim();
        ASSERT_EQ(registry->held().size(), 1U);
        EXPECT_EQ(registry->held()[0].id, "apr_2");
    }
    EXPECT_TRUE(registry->held().empty());
}

}  // namespace
}  // namespace kimbap::approval
