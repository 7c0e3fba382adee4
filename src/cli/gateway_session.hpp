#pragma once

#include <memory>
#include <string>

#include "app/gateway.hpp"
#include "cli/context.hpp"

namespace kimbap::cli {

/// The gateway opened for one command; null with the error reported. Faults that are passed over
/// are told on stderr.
[[nodiscard]] std::unique_ptr<app::Gateway> open_gateway(
    Context& context, app::RuleFaults faults = app::RuleFaults::refused);

/// Runs one coroutine on an io_context of its own, with a lane, to its end.
class Session {
public:
    explicit Session(app::Gateway& gateway);
    ~Session();
    app::Gateway::Lane& lane();
    /// Rethrows what the task throws.
    void run(Task<void> task);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Who is at the command line, for audit records: "cli:" and the user's name.
[[nodiscard]] std::string local_user();

}  // namespace kimbap::cli
