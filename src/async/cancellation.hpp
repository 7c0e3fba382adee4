#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace kimbap::async {

/// Tells everyone who works on a call that its caller withdrew.
///
/// kimbap passes cancellation explicitly instead of through Asio's per-operation slots: only what
/// registers a callback is interrupted, so that withdrawing a call can stop its upstream request or
/// its wait for an approval, but never the audit record being written about it.
///
/// A source and its tokens belong to one thread (the call's); they are not synchronised.
class CancelSource;

class CancelToken {
    struct State {
        bool cancelled = false;
        std::uint64_t last_id = 0;
        std::map<std::uint64_t, std::function<void()>> callbacks;  ///< In order of registration.
    };

public:
    /// Unregisters its callback when it dies. Movable, not copyable.
    class Registration {
    public:
        Registration() = default;
        Registration(Registration&& other) noexcept { swap(other); }
        Registration& operator=(Registration&& other) noexcept {
            Registration moved(std::move(other));
            swap(moved);
            return *this;
        }
        ~Registration() {
            if (state_) state_->callbacks.erase(id_);
        }

    private:
        friend class CancelToken;
        void swap(Registration& other) noexcept {
            std::swap(state_, other.state_);
            std::swap(id_, other.id_);
        }
        std::shared_ptr<State> state_;
        std::uint64_t id_ = 0;
    };

    /// A token that is never cancelled.
    CancelToken() = default;

    [[nodiscard]] bool cancelled() const noexcept { return state_ && state_->cancelled; }

    /// Calls `callback` once, on cancellation, on the cancelling stack; at once if already
    /// cancelled. The callback must not throw. It may drop registrations: theirs are then not
    /// called any more.
    [[nodiscard]] Registration on_cancel(std::function<void()> callback) const {
        Registration registration;
        if (!state_) return registration;
        if (state_->cancelled) {
            callback();
            return registration;
        }
        registration.state_ = state_;
        registration.id_ = ++state_->last_id;
        state_->callbacks.emplace(registration.id_, std::move(callback));
        return registration;
    }

private:
    friend class CancelSource;
    explicit CancelToken(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

class CancelSource {
public:
    CancelSource() : state_(std::make_shared<CancelToken::State>()) {}

    [[nodiscard]] CancelToken token() const { return CancelToken(state_); }
    [[nodiscard]] bool cancelled() const noexcept { return state_->cancelled; }

    /// Idempotent.
    void cancel() {
        if (std::exchange(state_->cancelled, true)) return;
        const auto state = state_;  // a callback may destroy this source
        while (!state->callbacks.empty()) {
            const auto node = state->callbacks.extract(state->callbacks.begin());
            node.mapped()();
        }
    }

private:
    std::shared_ptr<CancelToken::State> state_;
};

}  // namespace kimbap::async
