#include "approval/approval.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>

#include "base/json_text.hpp"

namespace kimbap::approval {

namespace {

json::array to_array(const std::vector<std::string>& strings) {
    return json::array(strings.begin(), strings.end());
}

json::array votes_json(const std::vector<Vote>& votes) {
    json::array out;
    for (const Vote& vote : votes) {
        json::object entry{
            {"operator", vote.by}, {"verdict", name(vote.verdict)}, {"at", format_time(vote.at)}};
        if (!vote.channel.empty()) {
            entry["channel"] = vote.channel;
            entry["proof"] = name(vote.proof);
        }
        if (!vote.reason.empty()) entry["reason"] = vote.reason;
        out.push_back(std::move(entry));
    }
    return out;
}

/// As votes_json(), with what only kimbap itself needs.
json::array stored_votes(const std::vector<Vote>& votes) {
    json::array out = votes_json(votes);
    for (std::size_t i = 0; i < votes.size(); ++i) {
        if (!votes[i].link.empty()) out[i].get_object()["link"] = votes[i].link;
        if (!votes[i].token.empty()) out[i].get_object()["token"] = votes[i].token;
    }
    return out;
}

/// Reads members of a document that kimbap wrote itself; anything missing or of another type makes
/// it unreadable.
class Reader {
public:
    explicit Reader(const json::object& object) : object_(object) {}

    std::string text(std::string_view key) {
        const json::value* const found = object_.if_contains(key);
        if (found == nullptr || !found->is_string()) return fail<std::string>();
        return std::string(found->get_string());
    }
    std::string optional_text(std::string_view key) {
        return object_.if_contains(key) == nullptr ? std::string() : text(key);
    }
    bool flag(std::string_view key) {
        const json::value* const found = object_.if_contains(key);
        if (found == nullptr || !found->is_bool()) return fail<bool>();
        return found->get_bool();
    }
    std::int64_t integer(std::string_view key) {
        const json::value* const found = object_.if_contains(key);
        if (found == nullptr || !found->is_int64()) return fail<std::int64_t>();
        return found->get_int64();
    }
    std::optional<TimePoint> optional_time(std::string_view key) {
        if (object_.if_contains(key) == nullptr) return std::nullopt;
        auto time = parse_time(text(key));
        if (!time) ok_ = false;
        return time;
    }
    std::vector<std::string> texts(std::string_view key) {
        std::vector<std::string> out;
        for (const json::value& entry : array(key)) {
            if (!entry.is_string()) return fail<std::vector<std::string>>();
            out.emplace_back(entry.get_string());
        }
        return out;
    }
    const json::array& array(std::string_view key) {
        static const json::array none;
        const json::value* const found = object_.if_contains(key);
        if (found != nullptr && found->is_array()) return found->get_array();
        ok_ = false;
        return none;
    }
    const json::object& object(std::string_view key) {
        static const json::object none;
        const json::value* const found = object_.if_contains(key);
        if (found != nullptr && found->is_object()) return found->get_object();
        ok_ = false;
        return none;
    }
    [[nodiscard]] bool ok() const noexcept { return ok_; }

private:
    template <class T>
    T fail() {
        ok_ = false;
        return T{};
    }
    const json::object& object_;
    bool ok_ = true;
};

bool read_caller(const json::object& object, audit::Caller& caller) {
    Reader reader(object);
    caller.agent = reader.text("agent");
    caller.token = reader.optional_text("token");
    caller.roles = reader.texts("roles");
    caller.client = reader.optional_text("client");
    return reader.ok();
}

bool read_votes(const json::array& array, std::vector<Vote>& votes) {
    for (const json::value& entry : array) {
        if (!entry.is_object()) return false;
        Reader reader(entry.get_object());
        Vote vote;
        vote.by = reader.text("operator");
        const auto verdict = parse_verdict(reader.text("verdict"));
        const auto at = parse_time(reader.text("at"));
        vote.reason = reader.optional_text("reason");
        vote.channel = reader.optional_text("channel");
        vote.link = reader.optional_text("link");
        vote.token = reader.optional_text("token");
        const std::optional<Proof> proof =
            vote.channel.empty() ? Proof::account : parse_proof(reader.text("proof"));
        if (!reader.ok() || !verdict || !at || !proof) return false;
        vote.proof = *proof;
        vote.verdict = *verdict;
        vote.at = *at;
        votes.push_back(std::move(vote));
    }
    return true;
}

}  // namespace

json::object caller_json(const audit::Caller& caller) {
    json::object out{{"agent", caller.agent}};
    if (!caller.token.empty()) out["token"] = caller.token;
    out["roles"] = to_array(caller.roles);
    if (!caller.client.empty()) out["client"] = caller.client;
    return out;
}

Terms terms_of(const Approval& approval) {
    Terms terms{approval.required,  approval.expires_at,  approval.idempotent, {},
                approval.approvers, approval.token_proof, approval.channels};
    if (!approval.caller.agent.empty()) terms.requesters.push_back(approval.caller.agent);
    if (!approval.owner.empty()) terms.requesters.push_back(approval.owner);
    return terms;
}

json::object to_json(const Approval& approval) {
    json::object out{{"id", approval.id},
                     {"state", name(approval.state())},
                     {"call", approval.call},
                     {"caller", caller_json(approval.caller)},
                     {"action", approval.action},
                     {"risk", approval.risk},
                     {"mutating", approval.mutating},
                     {"parameters", approval.parameters},
                     {"rule", approval.rule},
                     {"policy", approval.policy},
                     {"required", approval.required},
                     {"votes", votes_json(approval.standing.votes)},
                     {"channels", to_array(approval.channels)},
                     {"created_at", format_time(approval.created_at)},
                     {"expires_at", format_time(approval.expires_at)}};
    if (!approval.approvers.empty()) out["approvers"] = to_array(approval.approvers);
    if (approval.token_proof) out["proof"] = "token";
    if (approval.execution() != Execution::none) out["execution"] = name(approval.execution());
    if (approval.standing.decided_at) {
        out["decided_at"] = format_time(*approval.standing.decided_at);
    }
    if (approval.standing.finished_at) {
        out["finished_at"] = format_time(*approval.standing.finished_at);
    }
    return out;
}

void write_row(const Approval& approval, store::ApprovalRow& row) {
    const Standing& standing = approval.standing;
    row.id = approval.id;
    row.revision = approval.revision;
    row.state = name(standing.state);
    row.execution = name(standing.execution);
    row.caller_key = approval.caller_key;
    row.binding = approval.binding;
    row.created_at = approval.created_at;
    row.expires_at = approval.expires_at;
    row.lease_until = standing.lease_until;
    row.outcome_expires_at = approval.outcome_expires_at;
    json::object document{{"call", approval.call},
                          {"caller", caller_json(approval.caller)},
                          {"owner", approval.owner},
                          {"action", approval.action},
                          {"service", approval.service},
                          {"risk", approval.risk},
                          {"mutating", approval.mutating},
                          {"idempotent", approval.idempotent},
                          {"parameters", approval.parameters},
                          {"rule", approval.rule},
                          {"policy", approval.policy},
                          {"required", approval.required},
                          {"channels", to_array(approval.channels)},
                          {"approvers", to_array(approval.approvers)},
                          {"token_proof", approval.token_proof},
                          {"votes", stored_votes(standing.votes)},
                          {"claimer", standing.claimer}};
    if (standing.decided_at) document["decided_at"] = format_time(*standing.decided_at);
    if (standing.finished_at) document["finished_at"] = format_time(*standing.finished_at);
    if (standing.stopping) document["stopping"] = true;
    row.document = kimbap::to_json(json::value(std::move(document)));
}

Result<Approval> read_row(const store::ApprovalRow& row) {
    const Error damaged =
        make_error(Errc::corrupt, "the stored approval " + row.id + " is damaged");
    const auto parsed = parse_json(row.document);
    const auto state = parse_state(row.state);
    const auto execution = parse_execution(row.execution);
    if (!parsed || !parsed->is_object() || !state || !execution) return damaged;
    Reader reader(parsed->get_object());
    Approval approval;
    approval.id = row.id;
    approval.revision = row.revision;
    approval.caller_key = row.caller_key;
    approval.binding = row.binding;
    approval.created_at = row.created_at;
    approval.expires_at = row.expires_at;
    approval.outcome_expires_at = row.outcome_expires_at;
    approval.call = reader.text("call");
    approval.owner = reader.text("owner");
    approval.action = reader.text("action");
    approval.service = reader.text("service");
    approval.risk = reader.text("risk");
    approval.mutating = reader.flag("mutating");
    approval.idempotent = reader.flag("idempotent");
    approval.parameters = reader.object("parameters");
    approval.rule = reader.text("rule");
    approval.policy = reader.text("policy");
    approval.required = static_cast<int>(reader.integer("required"));
    approval.channels = reader.texts("channels");
    approval.approvers = reader.texts("approvers");
    approval.token_proof = reader.flag("token_proof");
    approval.standing.state = *state;
    approval.standing.execution = *execution;
    approval.standing.claimer = reader.text("claimer");
    approval.standing.lease_until = row.lease_until;
    approval.standing.decided_at = reader.optional_time("decided_at");
    approval.standing.finished_at = reader.optional_time("finished_at");
    approval.standing.stopping =
        parsed->get_object().contains("stopping") && reader.flag("stopping");
    if (!read_caller(reader.object("caller"), approval.caller) ||
        !read_votes(reader.array("votes"), approval.standing.votes) || !reader.ok()) {
        return damaged;
    }
    return approval;
}

}  // namespace kimbap::approval
