#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/config.hpp"
#include "app/rules_loader.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/services.hpp"

namespace boost::asio {
class io_context;
}
namespace kimbap::approval {
class DecisionLinks;
}
namespace kimbap::vault {
struct SecretFacts;
}

namespace kimbap::net {
class AddressGuard;
}
namespace kimbap::store {
class Store;
}
namespace kimbap::oauth {
class ConnectionStore;
class Connector;
}  // namespace kimbap::oauth

namespace kimbap {
class Secret;
}

namespace kimbap::app {

class QuestionSeal;

/// What to do about faults in manifests and policies.
enum class RuleFaults : std::uint8_t {
    refused,      ///< Nothing is opened.
    passed_over,  ///< no_rules() instead, for commands that need none. Calls mustn't be run.
};

/// The composition root: everything a process of kimbap is made of, wired. Which store, which
/// notifiers and which limiter there are is known here alone. Threads: made on one, used by many.
class Gateway {
public:
    /// Whether the data directory has not been used yet.
    [[nodiscard]] static bool is_new(const Config& config);
    /// Opens the store and the vault, checks the vault secret, loads manifests and policies.
    /// Errors: invalid_config (exit code 5), storage_failure.
    static Result<std::unique_ptr<Gateway>> open(Config config,
                                                 RuleFaults faults = RuleFaults::refused);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    [[nodiscard]] const Config& config() const;
    [[nodiscard]] store::Store& store();
    [[nodiscard]] vault::Vault& vault();
    [[nodiscard]] identity::TokenRegistry& tokens();
    [[nodiscard]] oauth::ConnectionStore& connections();
    [[nodiscard]] oauth::Connector& connector();
    [[nodiscard]] approval::ApprovalManager& approvals();
    /// Makes and checks the links to decision pages.
    [[nodiscard]] const approval::DecisionLinks& links() const;
    /// Ties the answers of callers' users to what they were asked.
    [[nodiscard]] const QuestionSeal& questions() const;
    [[nodiscard]] audit::Writer& audit();
    [[nodiscard]] policy::RateLimiter& limiter();
    /// Which addresses that are not global may be reached.
    [[nodiscard]] const net::AddressGuard& guard() const;
    [[nodiscard]] async::WorkerPool& workers();
    [[nodiscard]] const Clock& clock() const;
    [[nodiscard]] RulesHolder& rules();
    [[nodiscard]] pipeline::Services& services();
    [[nodiscard]] const std::vector<std::string>& notices() const;
    /// The faults that were passed over.
    [[nodiscard]] const std::optional<Error>& rule_faults() const;
    /// Where the vault secret came from, and how good it is.
    [[nodiscard]] const vault::SecretFacts& vault_secret() const;

    /// Loads manifests and policies anew and puts them in force, with a policy.loaded record; on
    /// any fault the running ones stay. Blocking.
    Result<void> reload();
    /// Records what policy is in force (at start). Blocking.
    Result<void> record_policy();

    /// A pipeline of its own HTTP client for one I/O thread.
    struct Lane;
    [[nodiscard]] std::unique_ptr<Lane> make_lane(boost::asio::io_context& context);
    /// Runs approvals in the background (expiry, resumption, notifications) on a lane's thread
    /// until cancelled. Once `draining` is cancelled no approved call is started any more.
    Task<void> run_approvals(Lane& lane, async::CancelToken cancel, async::CancelToken draining);
    /// The same without notifications, and without starting a call: this process's claims are
    /// kept, their leases renewed, and a call that is stopped from elsewhere hears of it.
    Task<void> keep_claims(Lane& lane, async::CancelToken cancel);
    /// The notifications alone. Once `last` is cancelled, only what is due then.
    Task<void> deliver(Lane& lane, async::CancelToken cancel, async::CancelToken last);

private:
    struct Parts;
    explicit Gateway(std::unique_ptr<Parts> parts);
    static bool finish_rekey(Parts& parts, const Secret& wrong);
    std::unique_ptr<Parts> parts_;
};

}  // namespace kimbap::app
