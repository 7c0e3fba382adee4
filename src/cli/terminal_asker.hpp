#pragma once

#include "async/cancellation.hpp"
#include "pipeline/asker.hpp"

namespace kimbap::cli {

/// Asks whoever is at the command line, on its terminal.
class TerminalAsker final : public pipeline::Asker {
public:
    /// `yes`: they said so before (--yes). Withdrawn by `cancel`.
    TerminalAsker(bool yes, async::CancelToken cancel) : yes_(yes), cancel_(std::move(cancel)) {}

    Task<pipeline::Reply> ask(pipeline::Question question) override;

private:
    bool yes_;
    async::CancelToken cancel_;
};

}  // namespace kimbap::cli
