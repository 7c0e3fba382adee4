#include "policy/time_zone.hpp"

#include <algorithm>
#include <cctype>

namespace kimbap::policy {

namespace {

class Bytes {
public:
    explicit Bytes(std::string_view data) : data_(data) {}
    [[nodiscard]] bool has(std::size_t count) const { return data_.size() >= count; }
    void skip(std::size_t count) { data_.remove_prefix(std::min(count, data_.size())); }
    [[nodiscard]] std::string_view rest() const { return data_; }
    std::int64_t big_endian(std::size_t count) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            value = (value << 8) | static_cast<unsigned char>(data_[i]);
        }
        skip(count);
        if (count == 4) return static_cast<std::int32_t>(value);
        return static_cast<std::int64_t>(value);
    }
    unsigned char byte() {
        const auto value = static_cast<unsigned char>(data_[0]);
        skip(1);
        return value;
    }

private:
    std::string_view data_;
};

struct Header {
    std::size_t isutc, isstd, leap, time, type, chars;
    [[nodiscard]] std::size_t size(std::size_t time_size) const {
        return time * (time_size + 1) + type * 6 + chars + leap * (time_size + 4) + isstd + isutc;
    }
};

bool read_header(Bytes& bytes, Header& header, char& version) {
    if (!bytes.has(44) || !bytes.rest().starts_with("TZif")) return false;
    version = bytes.rest()[4];
    bytes.skip(20);
    for (std::size_t* field :
         {&header.isutc, &header.isstd, &header.leap, &header.time, &header.type, &header.chars}) {
        const std::int64_t value = bytes.big_endian(4);
        if (value < 0 || value > 1'000'000) return false;
        *field = static_cast<std::size_t>(value);
    }
    return header.type > 0;
}

/// Reads "5", "-3:30", "+02:00:00" as seconds.
bool read_time(std::string_view& text, std::int64_t& seconds) {
    std::int64_t sign = 1;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        sign = text[0] == '-' ? -1 : 1;
        text.remove_prefix(1);
    }
    std::int64_t unit = 3600;
    seconds = 0;
    for (int part = 0; part < 3; ++part) {
        std::int64_t value = 0;
        std::size_t digits = 0;
        while (digits < text.size() &&
               std::isdigit(static_cast<unsigned char>(text[digits])) != 0) {
            value = value * 10 + (text[digits++] - '0');
        }
        if (digits == 0 || digits > 3) return false;
        text.remove_prefix(digits);
        seconds += value * unit;
        unit /= 60;
        if (text.empty() || text[0] != ':') break;
        text.remove_prefix(1);
    }
    seconds *= sign;
    return true;
}

bool read_name(std::string_view& text) {
    if (text.starts_with('<')) {
        const std::size_t end = text.find('>');
        if (end == std::string_view::npos) return false;
        text.remove_prefix(end + 1);
        return true;
    }
    std::size_t length = 0;
    while (length < text.size() && std::isalpha(static_cast<unsigned char>(text[length])) != 0)
        ++length;
    text.remove_prefix(length);
    return length >= 3;
}

bool read_number(std::string_view& text, int& value) {
    std::size_t digits = 0;
    value = 0;
    while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])) != 0) {
        value = value * 10 + (text[digits++] - '0');
    }
    text.remove_prefix(digits);
    return digits > 0 && digits < 4;
}

template <class Date>
bool read_date(std::string_view& text, Date& date) {
    if (!text.starts_with(',')) return false;
    text.remove_prefix(1);
    if (text.starts_with('M')) {
        text.remove_prefix(1);
        if (!read_number(text, date.month) || !text.starts_with('.')) return false;
        text.remove_prefix(1);
        if (!read_number(text, date.week) || !text.starts_with('.')) return false;
        text.remove_prefix(1);
        if (!read_number(text, date.day)) return false;
        if (date.month < 1 || date.month > 12 || date.week < 1 || date.week > 5 || date.day > 6) {
            return false;
        }
    } else {
        date.kind = text.starts_with('J') ? 'J' : '0';
        if (date.kind == 'J') text.remove_prefix(1);
        if (!read_number(text, date.day)) return false;
    }
    if (!text.starts_with('/')) return true;
    text.remove_prefix(1);
    return read_time(text, date.seconds);
}

constexpr std::int64_t kDay = 86'400;

}  // namespace

bool is_zone_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '/' || name.back() == '/') return false;
    if (name.find("..") != std::string_view::npos || name.find("//") != std::string_view::npos) {
        return false;
    }
    return std::all_of(name.begin(), name.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '_' ||
               c == '-' || c == '+';
    });
}

Result<std::shared_ptr<const TimeZone>> TimeZone::parse(std::string_view tzif) {
    const Error bad = make_error(Errc::invalid_config, "not a TZif file of version 2 or later");
    Bytes bytes(tzif);
    Header header{};
    char version = 0;
    if (!read_header(bytes, header, version) || version < '2') return bad;
    bytes.skip(header.size(4));
    if (!read_header(bytes, header, version) || !bytes.has(header.size(8))) return bad;
    auto zone = std::make_shared<TimeZone>();
    for (std::size_t i = 0; i < header.time; ++i) zone->transitions_.push_back(bytes.big_endian(8));
    std::vector<std::size_t> types;
    for (std::size_t i = 0; i < header.time; ++i) types.push_back(bytes.byte());
    std::vector<std::int64_t> offsets;
    for (std::size_t i = 0; i < header.type; ++i) {
        offsets.push_back(bytes.big_endian(4));
        bytes.skip(2);
    }
    zone->first_offset_ = offsets[0];
    for (const std::size_t type : types) {
        if (type >= offsets.size()) return bad;
        zone->offsets_.push_back(offsets[type]);
    }
    bytes.skip(header.chars + header.leap * 12 + header.isstd + header.isutc);
    std::string_view footer = bytes.rest();
    if (footer.starts_with('\n')) footer.remove_prefix(1);
    footer = footer.substr(0, footer.find('\n'));
    if (!footer.empty() && !zone->parse_rule(footer)) return bad;
    return std::shared_ptr<const TimeZone>(std::move(zone));
}

bool TimeZone::parse_rule(std::string_view text) {
    std::int64_t west = 0;
    if (!read_name(text) || !read_time(text, west)) return false;
    standard_ = -west;
    has_rule_ = true;
    if (text.empty()) return true;
    if (!read_name(text)) return false;
    summer_ = standard_ + 3600;
    if (!text.empty() && text[0] != ',') {
        if (!read_time(text, west)) return false;
        summer_ = -west;
    }
    has_summer_ = true;
    return read_date(text, to_summer_) && read_date(text, to_standard_) && text.empty();
}

std::int64_t TimeZone::when(const Date& date, int year_number) {
    using namespace std::chrono;
    const year y{year_number};
    sys_days day;
    if (date.kind == 'M') {
        const month m{static_cast<unsigned>(date.month)};
        const weekday wanted{static_cast<unsigned>(date.day)};
        day = date.week == 5 ? sys_days{y / m / wanted[last]}
                             : sys_days{y / m / wanted[static_cast<unsigned>(date.week)]};
    } else {
        const bool skip_leap_day = date.kind == 'J' && y.is_leap() && date.day >= 60;
        const int offset = date.kind == 'J' ? date.day - 1 + (skip_leap_day ? 1 : 0) : date.day;
        day = sys_days{y / January / 1} + days{offset};
    }
    return static_cast<std::int64_t>(day.time_since_epoch().count()) * kDay + date.seconds;
}

std::chrono::seconds TimeZone::offset_at(TimePoint time) const {
    const std::int64_t now =
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    if (!transitions_.empty() && (now < transitions_.back() || !has_rule_)) {
        const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), now);
        if (next == transitions_.begin()) return std::chrono::seconds{first_offset_};
        return std::chrono::seconds{
            offsets_[static_cast<std::size_t>(next - transitions_.begin()) - 1]};
    }
    if (!has_rule_) return std::chrono::seconds{first_offset_};
    if (!has_summer_) return std::chrono::seconds{standard_};
    const auto day = std::chrono::floor<std::chrono::days>(time + std::chrono::seconds{standard_});
    const int year = static_cast<int>(std::chrono::year_month_day{day}.year());
    // The dates are local: summer begins in standard time and ends in summer time.
    const std::int64_t begin = when(to_summer_, year) - standard_;
    const std::int64_t end = when(to_standard_, year) - summer_;
    const bool summer = begin < end ? now >= begin && now < end : now >= begin || now < end;
    return std::chrono::seconds{summer ? summer_ : standard_};
}

}  // namespace kimbap::policy
