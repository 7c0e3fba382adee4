#include "manifests/charset.hpp"

#include <iconv.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/text.hpp"

namespace kimbap::manifests {

namespace {

/// The value of the `charset` parameter, in lower case; "" where there is none.
std::string charset_of(std::string_view content_type) {
    for (std::string_view part : split(content_type, ';')) {
        part = trim(part);
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos || !iequals(trim(part.substr(0, equals)), "charset")) {
            continue;
        }
        std::string_view value = trim(part.substr(equals + 1));
        if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
            value = value.substr(1, value.size() - 2);
        }
        return to_lower(value);
    }
    return {};
}

class Converter {
public:
    explicit Converter(const std::string& charset)
        : descriptor_(::iconv_open("UTF-8", charset.c_str())) {}
    ~Converter() {
        if (known()) ::iconv_close(descriptor_);
    }
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;

    [[nodiscard]] bool known() const {
        return descriptor_ != reinterpret_cast<iconv_t>(-1);  // NOLINT: as iconv_open(3) says
    }
    /// nullopt where the text is not of the charset.
    [[nodiscard]] std::optional<std::string> convert(std::string& text) const {
        std::string out;
        std::array<char, 16384> room{};
        char* from = text.data();
        std::size_t left = text.size();
        while (left > 0) {
            char* to = room.data();
            std::size_t free = room.size();
            const bool failed =
                ::iconv(descriptor_, &from, &left, &to, &free) == static_cast<std::size_t>(-1);
            out.append(room.data(), room.size() - free);
            if (failed && errno != E2BIG) return std::nullopt;
        }
        return out;
    }

private:
    iconv_t descriptor_;
};

bool is_plain_name(std::string_view charset) {
    return charset.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.:+") ==
           std::string_view::npos;
}

}  // namespace

std::string to_utf8(std::string body, std::string_view content_type) {
    const std::string charset = charset_of(content_type);
    // No "//IGNORE" and the like from outside.
    if (charset.empty() || charset == "utf-8" || charset == "utf8" || charset == "us-ascii" ||
        !is_plain_name(charset)) {
        return body;
    }
    // As browsers read it (WHATWG Encoding): what says Latin-1 is Windows-1252 more often than not.
    const bool latin = charset == "iso-8859-1" || charset == "latin1" || charset == "latin-1";
    const Converter converter(latin ? "cp1252" : charset);
    if (!converter.known()) return body;
    auto converted = converter.convert(body);
    if (!converted && latin) converted = Converter("iso-8859-1").convert(body);
    return converted ? std::move(*converted) : body;
}

}  // namespace kimbap::manifests
