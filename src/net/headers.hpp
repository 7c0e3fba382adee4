#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kimbap::net {

/// The header fields of one HTTP message, in their order (RFC 9110 section 5). Names compare
/// without regard to case. All of them lie in one string: a message has a dozen, and each is looked
/// at once or twice.
class Headers {
public:
    struct Field {
        std::string_view name;   ///< As sent.
        std::string_view value;  ///< Without surrounding white space where it was parsed.
    };

    /// Behind those that are there, also where one has the same name.
    void add(std::string_view name, std::string_view value);
    /// Instead of all that have this name.
    void set(std::string_view name, std::string_view value);

    /// The first of this name. Views stay valid until a field is added.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    /// The same; "" where there is none.
    [[nodiscard]] std::string_view operator[](std::string_view name) const {
        return find(name).value_or(std::string_view{});
    }
    [[nodiscard]] bool contains(std::string_view name) const { return find(name).has_value(); }

    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    [[nodiscard]] Field at(std::size_t index) const;

    class Iterator {
    public:
        Iterator(const Headers& headers, std::size_t index) : headers_(&headers), index_(index) {}
        Field operator*() const { return headers_->at(index_); }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        bool operator==(const Iterator&) const = default;

    private:
        const Headers* headers_;
        std::size_t index_;
    };
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, size()}; }

private:
    struct Place {
        std::uint32_t begin;  ///< Of the name in text_; the value follows it.
        std::uint32_t name_size;
        std::uint32_t value_size;
    };

    std::string text_;
    std::vector<Place> places_;
};

}  // namespace kimbap::net
