#pragma once

#include "mcp/context.hpp"
#include "pipeline/call.hpp"

namespace kimbap::app {

/// Tells the client what its call is about, by progress and log messages.
class ContextObserver final : public pipeline::Observer {
public:
    /// `context` outlives the observer.
    explicit ContextObserver(mcp::RequestContext& context) : context_(context) {}
    void progress(double done, std::optional<double> total, std::string_view message) override {
        context_.progress(done, total, message);
    }
    void note(pipeline::NoteLevel level, std::string_view message) override {
        const bool warns = level == pipeline::NoteLevel::warning;
        context_.log(warns ? mcp::LogLevel::warning : mcp::LogLevel::info, "kimbap",
                     boost::json::value(message));
    }
    [[nodiscard]] bool wants_steps() const override {
        return context_.wants_log(mcp::LogLevel::debug);
    }
    void step(std::string_view what, boost::json::object details) override {
        details["step"] = what;
        context_.log(mcp::LogLevel::debug, "kimbap", details);
    }

private:
    mcp::RequestContext& context_;
};

}  // namespace kimbap::app
