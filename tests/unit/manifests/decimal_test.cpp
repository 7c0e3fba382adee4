#include "manifests/decimal.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

TEST(DecimalTest, MultiplesAreDecimal) {
    const struct {
        const char* number;
        const char* of;
        bool multiple;
    } rows[] = {
        {"0.3", "0.1", true},
        {"1000000.01", "0.01", true},
        {"-1000000.01", "0.01", true},
        {"1000000.015", "0.01", false},
        {"90071992547409.93", "0.01", true},
        {"19.99", "0.01", true},
        {"19.995", "0.01", false},
        {"4.35", "0.05", true},
        {"4.36", "0.05", false},
        {"1e-7", "1e-8", true},
        {"1e-8", "1e-7", false},
        {"0", "7", true},
        {"-0.0", "0.1", true},
        {"15", "5", true},
        {"16", "5", false},
        {"-15", "5", true},
        {"15.0", "5", true},
        {"1", "3", false},
        {"1e300", "0.01", true},
        {"1e300", "5e299", true},
        {"1e300", "3", false},
        {"1e-300", "1e300", false},
        {"18446744073709551615", "5", true},
        {"18446744073709551615", "2", false},
        {"-9223372036854775808", "2", true},
        {"-9223372036854775808", "3", false},
        {"250", "100", false},
        {"300", "100", true},
        {"7", "2.5", false},
        {"7.5", "2.5", true},
        {"1000", "0.4", true},
        {"1", "0.4", false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(is_multiple(parse(row.number), parse(row.of)), row.multiple)
            << row.number << " of " << row.of;
    }
}

}  // namespace
}  // namespace kimbap::manifests::test
