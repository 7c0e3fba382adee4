#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <exception>

#include "pipeline/call_state.hpp"
#include "pipeline/pipeline.hpp"

namespace kimbap::pipeline {

/// Passes progress on as long as the request that wants it is there.
class LentObserver final : public Observer {
public:
    explicit LentObserver(Observer* to) : to_(to) {}
    void progress(double done, std::optional<double> total, std::string_view message) override {
        if (to_ != nullptr) to_->progress(done, total, message);
    }
    void note(NoteLevel level, std::string_view message) override {
        if (to_ != nullptr) to_->note(level, message);
    }
    [[nodiscard]] bool wants_steps() const override { return to_ != nullptr && to_->wants_steps(); }
    void step(std::string_view what, json::object details) override {
        if (to_ != nullptr) to_->step(what, std::move(details));
    }
    void take_back() noexcept { to_ = nullptr; }

private:
    Observer* to_;
};

/// A call that runs beside its request and may outlive it. Both are on one thread.
struct Pipeline::Beside {
    Beside(CallRequest asked, std::shared_ptr<const Rules> in_force,
           const asio::any_io_executor& executor);

    LentObserver observer;
    Call call;
    asio::steady_timer ended_or_due;  ///< What its request waits for.
    asio::steady_timer stored;        ///< What the call's end waits for while it is detached.
    bool acting = false;
    bool walked = false;
    bool detaching = false;
    bool ended = false;
    std::exception_ptr failure;
};

}  // namespace kimbap::pipeline
