#include "store/postgres/server_error.hpp"

#include "base/text.hpp"

namespace kimbap::store::postgres {

namespace {

std::string_view mend_of(std::string_view state) {
    if (state == "53100") return " (the database server's disk is full: free some space)";
    if (state == "55P03") return " (another process held the database for too long: try again)";
    if (state == "25006") return " (the server only reads: name the primary in store)";
    if (state == "42501") return " (grant kimbap's role what it needs: docs/postgresql.md)";
    return "";
}

/// The same for what fails before there is a session: libpq gives no code then.
std::string_view mend_of_login(std::string_view reason) {
    const auto says = [&](std::string_view part) { return reason.find(part) != reason.npos; };
    if (says("authentication failed") || says("no password supplied")) {
        return " (check the user and password in store, or ~/.pgpass)";
    }
    if (says("database") && says("does not exist")) return " (create it first)";
    if (says("too many clients") || says("connection slots")) {
        return " (raise the server's max_connections, or run fewer processes)";
    }
    return "";
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string one_line(std::string_view message) {
    std::string out;
    for (const char c : trim(message)) {
        if (!is_blank(c)) {
            out += c;
        } else if (!out.ends_with(' ')) {
            out += ' ';
        }
    }
    return out;
}

}  // namespace

std::string explained(std::string_view state, std::string_view message) {
    if (!state.empty()) return one_line(message).append(mend_of(state));
    message = trim(message);
    std::string reason = one_line(message.substr(0, message.find('\n')));
    return reason.append(mend_of_login(reason));
}

}  // namespace kimbap::store::postgres
