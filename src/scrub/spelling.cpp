#include "scrub/spelling.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/encoding.hpp"

namespace kimbap::scrub {

namespace {

using Fit = Spelled::Fit;

/// Backslashes in a row, and percent signs encoded again: quoted this often, and no more.
constexpr std::size_t kMaxBackslashes = 64;
constexpr int kMaxNesting = 6;
/// White space between two characters of base64: a line's end and the next one's indentation.
constexpr std::size_t kMaxBreak = 64;

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct Utf8 {
    std::array<char, 4> bytes{};
    std::size_t size = 0;
    void add(std::uint32_t byte) { bytes[size++] = static_cast<char>(byte); }
    [[nodiscard]] std::string_view text() const { return {bytes.data(), size}; }
};

Utf8 utf8(std::uint32_t code) {
    Utf8 out;
    if (code < 0x80) {
        out.add(code);
        return out;
    }
    if (code < 0x800) {
        out.add(0xC0 | (code >> 6));
    } else if (code < 0x10000) {
        out.add(0xE0 | (code >> 12));
        out.add(0x80 | ((code >> 6) & 0x3F));
    } else {
        out.add(0xF0 | (code >> 18));
        out.add(0x80 | ((code >> 12) & 0x3F));
        out.add(0x80 | ((code >> 6) & 0x3F));
    }
    out.add(0x80 | (code & 0x3F));
    return out;
}

/// How many of a run of backslashes stand for the last `own` ones of a secret. Those behind them
/// may quote what follows, so that they must stay for a JSON text to remain one.
std::size_t quoted(std::size_t run, std::size_t own) {
    return run >= 2 * own ? 2 * own : own;
}

/// Compares an encoded text with a secret, one character of the secret after the other.
class Comparison {
public:
    Comparison(std::string_view text, std::size_t at, std::string_view secret, Breaks breaks)
        : text_(text), at_(at), secret_(secret), breaks_(breaks) {}

    Spelled run() {
        while (done_ < secret_.size()) {
            if (at_ >= text_.size()) return {Fit::begun, 0};
            const Fit step = next();
            if (step != Fit::whole) return {step, 0};
        }
        return {Fit::whole, at_};
    }

private:
    [[nodiscard]] char wanted() const { return secret_[done_]; }

    Fit take(std::size_t end, std::size_t characters = 1) {
        at_ = end;
        done_ += characters;
        break_size_ = 0;
        return Fit::whole;
    }

    /// Whether `c`, however it is written, may stand here without being part of the secret.
    [[nodiscard]] bool may_break(std::uint32_t c) const {
        return breaks_ == Breaks::anywhere && done_ > 0 && c < 0x80 &&
               is_break(static_cast<char>(c));
    }

    Fit pass_break(std::size_t end) {
        at_ = end;
        return ++break_size_ > kMaxBreak ? Fit::none : Fit::whole;
    }

    Fit next() {
        const char c = text_[at_];
        if (c == '\\') return backslash();
        if (c == '%') return percent();
        if (c == wanted() || (c == '+' && wanted() == ' ')) return take(at_ + 1);
        if (may_break(static_cast<unsigned char>(c))) return pass_break(at_ + 1);
        return Fit::none;
    }

    Fit percent() {
        std::size_t digits = at_ + 1;
        for (int depth = 0; depth < kMaxNesting; ++depth, digits += 2) {
            std::uint32_t byte = 0;
            const Fit read = hex(digits, 2, byte);
            if (read == Fit::begun) return read;
            if (read == Fit::none) break;
            if (static_cast<char>(byte) == wanted()) return take(digits + 2);
            if (may_break(byte)) return pass_break(digits + 2);
            if (byte == '\\') return escaped_within(digits + 2);
            if (byte != '%') break;
        }
        return wanted() == '%' ? take(at_ + 1) : Fit::none;
    }

    /// A JSON text that was percent-encoded: behind the backslash stands what it escapes.
    Fit escaped_within(std::size_t end) {
        if (++backslashes_encoded_ > kMaxBackslashes) return Fit::none;
        at_ = end;
        return at_ < text_.size() ? next() : Fit::begun;
    }

    Fit backslash() {
        std::size_t escaped = at_;
        while (escaped < text_.size() && text_[escaped] == '\\') {
            if (++escaped - at_ > kMaxBackslashes) return Fit::none;
        }
        const std::size_t run = escaped - at_;
        const std::size_t own = backslashes_wanted();
        if (own > 0 && done_ + own == secret_.size() && run >= own) {
            return take(at_ + quoted(run, own), own);
        }
        if (escaped == text_.size()) return Fit::begun;
        const char letter = text_[escaped];
        if (letter == 'u' || letter == 'x') {
            const Fit read = letter == 'u' ? unicode(escaped) : byte_escape(escaped);
            if (read != Fit::none) return read;
        }
        // However often it was quoted, the run stands for that of the secret.
        if (own > 0) return run >= own ? take(escaped, own) : Fit::none;
        const bool plain = letter == wanted() && !is_alphanumeric(letter);
        const bool control = unescaped(letter) == wanted() && unescaped(letter) != letter;
        if (unescaped(letter) != letter &&
            may_break(static_cast<unsigned char>(unescaped(letter)))) {
            return pass_break(escaped + 1);
        }
        return plain || control ? take(escaped + 1) : Fit::none;
    }

    /// How many backslashes the secret has from here on.
    [[nodiscard]] std::size_t backslashes_wanted() const {
        return std::min(secret_.find_first_not_of('\\', done_), secret_.size()) - done_;
    }

    Fit byte_escape(std::size_t letter) {
        std::uint32_t byte = 0;
        const Fit read = hex(letter + 1, 2, byte);
        if (read != Fit::whole) return read;
        if (may_break(byte)) return pass_break(letter + 3);
        return static_cast<char>(byte) == wanted() ? take(letter + 3) : Fit::none;
    }

    Fit unicode(std::size_t letter) {
        std::uint32_t code = 0;
        const Fit read = hex(letter + 1, 4, code);
        if (read != Fit::whole) return read;
        std::size_t end = letter + 5;
        if (code >= 0xD800 && code < 0xDC00) {
            std::size_t second = end;
            while (second < text_.size() && text_[second] == '\\' &&
                   second - end < kMaxBackslashes) {
                ++second;
            }
            if (second == text_.size()) return Fit::begun;
            std::uint32_t low = 0;
            if (text_[second] != 'u') return Fit::none;
            const Fit paired = hex(second + 1, 4, low);
            if (paired != Fit::whole) return paired;
            code = 0x10000 + ((code - 0xD800) << 10) + ((low - 0xDC00) & 0x3FF);
            end = second + 5;
        }
        if (may_break(code)) return pass_break(end);
        const Utf8 character = utf8(code);
        if (!secret_.substr(done_).starts_with(character.text())) return Fit::none;
        return take(end, character.size);
    }

    /// `count` hexadecimal digits at `from`.
    Fit hex(std::size_t from, std::size_t count, std::uint32_t& value) const {
        value = 0;
        for (std::size_t i = from; i < from + count; ++i) {
            if (i >= text_.size()) return Fit::begun;
            const int digit = hex_value(text_[i]);
            if (digit < 0) return Fit::none;
            value = value * 16 + static_cast<std::uint32_t>(digit);
        }
        return Fit::whole;
    }

    std::string_view text_;
    std::size_t at_;
    std::string_view secret_;
    Breaks breaks_;
    std::size_t done_ = 0;
    std::size_t break_size_ = 0;  ///< characters of the break that is being passed
    std::size_t backslashes_encoded_ = 0;
};

}  // namespace

char unescaped(char letter) {
    switch (letter) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        default:
            return letter;
    }
}

bool is_break(char c) noexcept {
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

Spelled spelled(std::string_view text, std::size_t at, std::string_view secret, Breaks breaks) {
    const std::string_view rest = text.substr(at);
    const std::size_t common = std::min(rest.size(), secret.size());
    const bool plain = std::memcmp(rest.data(), secret.data(), common) == 0;
    if (plain && common == secret.size()) {
        const std::size_t last = secret.find_last_not_of('\\') + 1;  // npos + 1 is 0
        const std::size_t own = secret.size() - last;
        if (own == 0) return {Fit::whole, at + common};
        const std::string_view tail = rest.substr(last, 2 * own);
        const std::size_t run = std::min(tail.find_first_not_of('\\'), tail.size());
        return {Fit::whole, at + last + quoted(run, own)};
    }
    const Spelled encoded = Comparison(text, at, secret, breaks).run();
    if (plain && encoded.fit == Fit::none) return {Fit::begun, 0};
    return encoded;
}

}  // namespace kimbap::scrub
