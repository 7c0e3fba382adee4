#pragma once

#include <functional>

#include "async/cancellation.hpp"
#include "pipeline/asker.hpp"

namespace kimbap::cli {

/// Asks whoever is at the command line, on its terminal.
class TerminalAsker final : public pipeline::Asker {
public:
    /// `yes`: they said so before (--yes). Withdrawn by `cancel`. `asking` is called before
    /// somebody is waited for.
    TerminalAsker(bool yes, async::CancelToken cancel, std::function<void()> asking)
        : yes_(yes), cancel_(std::move(cancel)), asking_(std::move(asking)) {}

    Task<pipeline::Reply> ask(pipeline::Question question) override;

private:
    bool yes_;
    async::CancelToken cancel_;
    std::function<void()> asking_;
};

}  // namespace kimbap::cli
