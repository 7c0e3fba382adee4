#include "operator_api/decision_view.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "operator_api/html.hpp"

namespace kimbap::operator_api {

namespace {

using approval::Approval;
using approval::Execution;
using approval::State;
using approval::Verdict;

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark;--ink:#1a1c20;--soft:#5b6270;--line:#d9dce3;--page:#f4f5f7;"
    "--card:#fff;--yes:#0f6b3a;--no:#a61b1b;--warn:#8a4b00}"
    "@media(prefers-color-scheme:dark){:root{--ink:#eceef2;--soft:#a3abba;--line:#3a3f4a;"
    "--page:#15171b;--card:#1f2228;--yes:#1d8a50;--no:#c93a3a;--warn:#e0a14e}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.45 system-ui,sans-serif}"
    "main{max-width:38rem;margin:0 auto;padding:1rem}"
    "header{display:flex;justify-content:space-between;gap:1rem;color:var(--soft);"
    "font-size:.875rem;padding-bottom:.75rem}"
    "h1{font-size:1.35rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}"
    "h2{font-size:.8125rem;letter-spacing:.04em;text-transform:uppercase;color:var(--soft);"
    "margin:1.5rem 0 .5rem}"
    "section,form{background:var(--card);border:1px solid var(--line);border-radius:.75rem;"
    "padding:1rem;margin-bottom:1rem}"
    "p{margin:.25rem 0}small,.soft{color:var(--soft)}"
    ".risk{display:inline-block;border:1px solid currentColor;border-radius:1rem;"
    "padding:0 .6rem;font-size:.875rem;color:var(--soft)}"
    ".high,.critical{color:var(--no);font-weight:600}.medium{color:var(--warn)}"
    "dl{margin:0;display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;"
    "gap:.4rem .9rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}"
    "pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;"
    "font:.9375rem/1.4 ui-monospace,monospace}"
    ".state{font-size:1.15rem;font-weight:600}.approved{color:var(--yes)}"
    ".denied,.expired,.withdrawn{color:var(--no)}"
    "label{display:block;margin-bottom:.4rem}"
    "textarea{width:100%;min-height:3.5rem;font:inherit;padding:.5rem;border-radius:.5rem;"
    "border:1px solid var(--line);background:var(--page);color:var(--ink)}"
    ".buttons{display:flex;gap:.75rem;margin-top:.75rem}"
    "button{flex:1;min-height:3.25rem;border:0;border-radius:.6rem;font:600 1.0625rem system-ui,"
    "sans-serif;color:#fff;cursor:pointer}"
    "button[value=approve]{background:var(--yes)}button[value=deny]{background:var(--no)}"
    "button:focus-visible{outline:3px solid var(--ink);outline-offset:2px}";

std::string document(std::string_view title, std::string_view body, bool refresh) {
    return fmt::format(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<meta name=\"robots\" content=\"noindex\">{}<title>{}</title><style>{}</style></head>"
        "<body><main>{}</main></body></html>\n",
        refresh ? "<meta http-equiv=\"refresh\" content=\"2\">" : "", escape_html(title), kStyle,
        body);
}

/// "2026-11-23 12:30 UTC": the minute is what a person reads.
std::string minute_of(TimePoint time) {
    const std::string text = format_time(time);
    return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

std::string left_until(TimePoint time, TimePoint now) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time - now).count();
    if (minutes < 1) return "in less than a minute";
    if (minutes < 120) return fmt::format("in {} minute{}", minutes, minutes == 1 ? "" : "s");
    return fmt::format("in {} hours", minutes / 60);
}

std::string row(std::string_view name, std::string_view html) {
    return fmt::format("<dt>{}</dt><dd>{}</dd>", escape_html(name), html);
}

std::string parameter_html(const json::value& value, const std::string& id) {
    const std::string text =
        value.is_string() ? std::string(value.get_string()) : to_pretty_json(value);
    if (text.size() <= kShownValueBytes) return "<pre>" + escape_html(text) + "</pre>";
    return fmt::format(
        "<pre>{}…</pre><small>Shortened: {} bytes in all, SHA-256 {}. The whole is in "
        "<code>kimbap approval show {}</code>.</small>",
        escape_html(whole_characters(text, kShownValueBytes / 2)), text.size(), sha256_hex(text),
        escape_html(id));
}

std::string parameters_html(const Approval& approval) {
    if (approval.parameters.empty()) return "<p class=\"soft\">None.</p>";
    std::string out = "<dl>";
    std::size_t shown = 0;
    for (const auto& [name, value] : approval.parameters) {
        if (++shown > kShownParameters) break;
        out +=
            row(whole_characters(name, kShownValueBytes / 4), parameter_html(value, approval.id));
    }
    out += "</dl>";
    if (approval.parameters.size() > kShownParameters) {
        out += fmt::format(
            "<p><small>And {} more: see <code>kimbap approval show {}</code>.</small></p>",
            approval.parameters.size() - kShownParameters, escape_html(approval.id));
    }
    return out;
}

std::string caller_html(const Approval& approval) {
    std::string out = "<strong>" + escape_html(approval.caller.agent) + "</strong>";
    std::string roles;
    for (const std::string& role : approval.caller.roles) {
        roles += (roles.empty() ? "" : ", ") + escape_html(role);
    }
    if (!roles.empty()) out += " (" + roles + ")";
    if (!approval.caller.token.empty()) {
        out += " <span class=\"soft\">" + escape_html(approval.caller.token) + "</span>";
    }
    return out;
}

std::string request_html(const DecisionView& view) {
    const Approval& approval = view.approval;
    std::string out = fmt::format(
        "<section><h1>{}</h1><p><span class=\"risk {}\">{} risk</span> "
        "<span class=\"soft\">{}</span></p><h2>Parameters</h2>{}<h2>Asked</h2><dl>",
        escape_html(approval.action), escape_html(approval.risk), escape_html(approval.risk),
        approval.mutating ? "changes things" : "only reads", parameters_html(approval));
    out += row("By", caller_html(approval));
    if (!approval.caller.client.empty()) out += row("Client", escape_html(approval.caller.client));
    out += row("Rule", escape_html(approval.rule));
    out += row("At", minute_of(approval.created_at));
    const bool open = approval.state() == State::pending && view.now < approval.expires_at;
    out += row(open ? "Expires" : "Good until",
               minute_of(approval.expires_at) +
                   (open ? " (" + left_until(approval.expires_at, view.now) + ")" : ""));
    return out + row("Request", "<code>" + escape_html(approval.id) + "</code>") +
           "</dl></section>";
}

std::string_view execution_text(Execution execution) {
    switch (execution) {
        case Execution::waiting:
            return "The call is about to run.";
        case Execution::executing:
            return "The call is running.";
        case Execution::done:
            return "The call ran and succeeded.";
        case Execution::failed:
            return "The call failed; the agent was told why.";
        case Execution::unknown:
            return "Whether the call took effect is unknown: the process that ran it died. Look at "
                   "the service itself; kimbap won't run it again.";
        case Execution::none:
            return "";
    }
    return "";
}

std::string votes_html(const Approval& approval) {
    std::string out;
    for (const approval::Vote& vote : approval.standing.votes) {
        out += fmt::format(
            "<p><strong>{}</strong> {} at {}{}", escape_html(vote.by),
            vote.verdict == Verdict::approve ? "approved" : "denied", minute_of(vote.at),
            vote.channel.empty() ? ""
                                 : " <span class=\"soft\">(" + escape_html(vote.channel) + ", by " +
                                       std::string(name(vote.proof)) + ")</span>");
        if (!vote.reason.empty()) out += ": " + escape_html(vote.reason);
        out += "</p>";
    }
    return out;
}

std::string standing_html(const DecisionView& view) {
    const Approval& approval = view.approval;
    std::string out = "<section>";
    if (approval.state() == State::pending) {
        const auto votes = approval.standing.votes.size();
        out += fmt::format("<p class=\"state\">{}</p>",
                           view.now >= approval.expires_at ? "Expired" : "Waits for a decision");
        if (approval.required > 1) {
            out += fmt::format("<p>{} of {} operators approved.</p>", votes, approval.required);
        }
    } else {
        std::string state(name(approval.state()));
        out += fmt::format("<p class=\"state {}\">", state);
        state[0] = static_cast<char>(state[0] - 'a' + 'A');
        out += state + "</p>";
        const std::string_view execution = execution_text(approval.execution());
        if (!execution.empty()) out += fmt::format("<p>{}</p>", execution);
    }
    out += votes_html(approval);
    if (!view.refusal.empty()) out += "<p>" + escape_html(view.refusal) + "</p>";
    return out + "</section>";
}

constexpr std::string_view kForm =
    "<form method=\"post\"><label for=\"reason\">Reason (recorded; a denial's is told to the "
    "agent)</label><textarea id=\"reason\" name=\"reason\" maxlength=\"500\"></textarea>"
    "<div class=\"buttons\"><button name=\"verdict\" value=\"deny\">Deny</button>"
    "<button name=\"verdict\" value=\"approve\">Approve</button></div></form>";

std::string header_html(std::string_view operator_name) {
    std::string out = "<header><span>kimbap</span>";
    if (!operator_name.empty()) {
        out += "<span>You decide as <strong>" + escape_html(operator_name) + "</strong></span>";
    }
    return out + "</header>";
}

}  // namespace

std::string decision_html(const DecisionView& view) {
    std::string body = header_html(view.operator_name);
    const bool open = view.refusal.empty() && view.approval.state() == State::pending;
    // What was decided comes first; what is to be decided is read before the buttons.
    if (open) {
        body += request_html(view) + standing_html(view);
        body += kForm;
    } else {
        body += standing_html(view) + request_html(view);
    }
    return document(view.approval.action + " · kimbap", body, still_running(view.approval));
}

std::string message_html(std::string_view title, std::string_view message) {
    const std::string body = header_html("") + "<section><h1>" + escape_html(title) + "</h1><p>" +
                             escape_html(message) + "</p></section>";
    return document(std::string(title) + " · kimbap", body, false);
}

const std::string& content_security_policy() {
    static const std::string policy =
        "default-src 'none'; style-src 'sha256-" + base64_encode(bytes_of(sha256(kStyle))) +
        "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    return policy;
}

bool still_running(const Approval& approval) noexcept {
    return approval.state() == State::approved && !approval::is_final(approval.standing);
}

}  // namespace kimbap::operator_api
