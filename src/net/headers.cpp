#include "net/headers.hpp"

#include <limits>
#include <stdexcept>

#include "base/text.hpp"

namespace kimbap::net {

namespace {

constexpr std::size_t kUsualFields = 16;
constexpr std::size_t kUsualBytes = 768;

}  // namespace

void Headers::add(std::string_view name, std::string_view value) {
    if (places_.empty()) {
        places_.reserve(kUsualFields);
        text_.reserve(kUsualBytes);
    }
    const std::size_t begin = text_.size();
    if (name.size() + value.size() > std::numeric_limits<std::uint32_t>::max() - begin) {
        throw std::length_error("header fields of more than 4 GiB");
    }
    text_.append(name).append(value);
    places_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(name.size()),
                       static_cast<std::uint32_t>(value.size())});
}

void Headers::set(std::string_view name, std::string_view value) {
    std::erase_if(places_, [&](const Place& place) {
        return iequals(std::string_view(text_).substr(place.begin, place.name_size), name);
    });
    add(name, value);
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    const std::string_view text = text_;
    for (const Place& place : places_) {
        if (place.name_size != name.size()) continue;
        if (!iequals(text.substr(place.begin, place.name_size), name)) continue;
        return text.substr(place.begin + place.name_size, place.value_size);
    }
    return std::nullopt;
}

Headers::Field Headers::at(std::size_t index) const {
    const Place& place = places_.at(index);
    const std::string_view text = text_;
    return {text.substr(place.begin, place.name_size),
            text.substr(place.begin + place.name_size, place.value_size)};
}

}  // namespace kimbap::net
