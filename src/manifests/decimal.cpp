#include "manifests/decimal.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <numeric>

namespace kimbap::manifests {

namespace {

namespace json = boost::json;

/// digits * 10^exponent without its sign; the digits don't end in 0, unless they are 0.
struct Decimal {
    std::uint64_t digits = 0;
    int exponent = 0;
};

/// A double has 17 digits at most.
Decimal decimal_of_double(double number) {
    std::array<char, 32> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number,
                                            std::chars_format::scientific);
    Decimal out;
    bool fraction = false;
    for (const char* at = text.data(); at != end; ++at) {
        if (*at == 'e') {
            int exponent = 0;
            std::from_chars(at + (at[1] == '+' ? 2 : 1), end, exponent);
            out.exponent += exponent;
            break;
        }
        if (*at == '.') {
            fraction = true;
        } else if (*at != '-') {
            out.digits = out.digits * 10 + static_cast<std::uint64_t>(*at - '0');
            if (fraction) --out.exponent;
        }
    }
    return out;
}

Decimal decimal_of(const json::value& number) {
    Decimal out;
    if (number.is_int64()) {
        const std::int64_t whole = number.get_int64();
        out.digits = static_cast<std::uint64_t>(whole);
        if (whole < 0) out.digits = 0 - out.digits;
    } else if (number.is_uint64()) {
        out.digits = number.get_uint64();
    } else {
        out = decimal_of_double(number.get_double());
    }
    for (; out.digits != 0 && out.digits % 10 == 0; out.digits /= 10) ++out.exponent;
    return out;
}

/// `number` without up to `times` factors of `prime`.
std::uint64_t without(std::uint64_t number, std::uint64_t prime, int times) {
    for (; times > 0 && number % prime == 0; --times) number /= prime;
    return number;
}

}  // namespace

bool is_multiple(const json::value& number, const json::value& of) {
    const Decimal all = decimal_of(number);
    const Decimal step = decimal_of(of);
    if (all.digits == 0) return true;
    if (step.digits == 0) return false;
    // The number reaches a decimal place that no multiple of the step has.
    if (all.exponent < step.exponent) return false;
    // all.digits * 10^places has to be a multiple of step.digits, and is too large to write out.
    const int places = all.exponent - step.exponent;
    const std::uint64_t rest = step.digits / std::gcd(all.digits, step.digits);
    return without(without(rest, 2, places), 5, places) == 1;
}

}  // namespace kimbap::manifests
