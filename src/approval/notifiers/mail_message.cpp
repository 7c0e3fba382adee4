#include "approval/notifiers/mail_message.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/markup.hpp"
#include "base/visible.hpp"

namespace kimbap::approval {

namespace {

constexpr std::size_t kMaxSubject = 200;
constexpr std::size_t kMaxFact = 2000;
constexpr std::size_t kMaxParameters = 16'384;
/// Bytes whose base64 fills a line of 76 characters (RFC 2045 section 6.8).
constexpr std::size_t kLineBytes = 57;
/// Bytes that fit into one encoded word (RFC 2047 section 2).
constexpr std::size_t kWordBytes = 45;

std::string html_escaped(std::string_view text) {
    return escape_markup(text, Quotes::both);
}

/// RFC 5322 section 3.3, in UTC.
std::string mail_date(TimePoint time) {
    constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %d %02d:%02d:%02d +0000",
                  kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                  kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                  static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

/// A header's value: as it is where printable ASCII, else as encoded words.
std::string header_value(std::string_view text) {
    const bool plain =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; }) &&
        text.size() <= 900 && text.find("=?") == std::string_view::npos;
    if (plain) return std::string(text);
    std::string out;
    while (!text.empty()) {
        const std::string_view word = whole_characters(text, kWordBytes);
        out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64_encode(word) + "?=";
        text.remove_prefix(word.size());
    }
    return out;
}

std::string part(std::string_view type, std::string_view body) {
    std::string out = "Content-Type: " + std::string(type) +
                      "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    for (; !body.empty(); body.remove_prefix(std::min(body.size(), kLineBytes))) {
        out += base64_encode(body.substr(0, kLineBytes)) + "\r\n";
    }
    return out;
}

std::string closing_line(const EventView& event) {
    if (event.is_test()) return "Approvals will be asked for at this address.";
    if (!event.asks()) return "";
    if (event.decide_url.empty()) {
        return "Decide with: kimbap approval approve " + visible(event.id) +
               "   (or deny), or through the operator API.";
    }
    return "The link is yours alone: don't forward it. Opening it decides nothing yet.";
}

}  // namespace

bool is_mail_address(std::string_view text) noexcept {
    const std::size_t at = text.find('@');
    if (at == 0 || at == std::string_view::npos || at + 1 == text.size() || text.size() > 254 ||
        at > 64) {
        return false;
    }
    return std::count(text.begin(), text.end(), '@') == 1 &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return c > 0x20 && c < 0x7F &&
                      std::string_view("()<>[]:;\\,\"").find(c) == std::string_view::npos;
           });
}

std::string mail_text(const EventView& event) {
    std::string out = headline(event) + "\n\n";
    for (const Fact& fact : facts(event)) {
        out += fact.label + ": " + std::string(whole_characters(fact.value, kMaxFact)) + "\n";
    }
    if (!event.parameters.empty()) {
        out += "\nParameters:\n" + parameters_text(event, kMaxParameters) + "\n";
    }
    if (!event.decide_url.empty()) out += "\nDecide: " + event.decide_url + "\n";
    const std::string closing = closing_line(event);
    if (!closing.empty()) out += "\n" + closing + "\n";
    return out;
}

std::string mail_html(const EventView& event) {
    std::string out =
        "<!doctype html>\n<html><head><meta charset=\"utf-8\"></head>\n"
        "<body style=\"font-family:sans-serif\">\n<h2>" +
        html_escaped(headline(event)) + "</h2>\n<table cellpadding=\"4\">\n";
    for (const Fact& fact : facts(event)) {
        out += "<tr><th align=\"left\" valign=\"top\">" + html_escaped(fact.label) + "</th><td>" +
               html_escaped(whole_characters(fact.value, kMaxFact)) + "</td></tr>\n";
    }
    out += "</table>\n";
    if (!event.parameters.empty()) {
        out += "<pre style=\"white-space:pre-wrap\">" +
               html_escaped(parameters_text(event, kMaxParameters)) + "</pre>\n";
    }
    if (!event.decide_url.empty()) {
        out += "<p><a href=\"" + html_escaped(event.decide_url) +
               "\" style=\"display:inline-block;padding:10px 16px;background:#1a56db;color:#ffffff;"
               "text-decoration:none;border-radius:4px\">Open the decision page</a></p>\n";
    }
    const std::string closing = closing_line(event);
    if (!closing.empty()) out += "<p>" + html_escaped(closing) + "</p>\n";
    return out + "</body></html>\n";
}

std::string mail_message(const EventView& event, const MailEnvelope& envelope) {
    const std::string boundary = "kimbap-" + sha256_hex(envelope.message_id).substr(0, 32);
    std::string subject = headline(event);
    if (event.asks()) subject += " (asked for by " + visible(event.agent) + ")";
    std::string out =
        "From: kimbap <" + envelope.from + ">\r\nTo: <" + envelope.to +
        ">\r\nSubject: " + header_value(whole_characters("[kimbap] " + subject, kMaxSubject)) +
        "\r\nDate: " + mail_date(envelope.date) + "\r\nMessage-ID: <" + envelope.message_id +
        ">\r\n";
    if (!envelope.in_reply_to.empty()) {
        out += "In-Reply-To: <" + envelope.in_reply_to + ">\r\nReferences: <" +
               envelope.in_reply_to + ">\r\n";
    }
    out +=
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: "
        "multipart/alternative; boundary=\"" +
        boundary + "\"\r\n\r\n";
    out += "--" + boundary + "\r\n" + part("text/plain", mail_text(event));
    out += "--" + boundary + "\r\n" + part("text/html", mail_html(event));
    return out + "--" + boundary + "--\r\n";
}

}  // namespace kimbap::approval
