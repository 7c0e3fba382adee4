#pragma once

#include <functional>
#include <list>
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
        std::list<std::function<void()>> callbacks;
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
            if (state_ && !state_->cancelled) state_->callbacks.erase(position_);
        }

    private:
        friend class CancelToken;
        void swap(Registration& other) noexcept {
            std::swap(state_, other.state_);
            std::swap(position_, other.position_);
        }
        std::shared_ptr<State> state_;
        std::list<std::function<void()>>::iterator position_{};
    };

    /// A token that is never cancelled.
    CancelToken() = default;

    [[nodiscard]] bool cancelled() const noexcept { return state_ && state_->cancelled; }

    /// Calls `callback` once, on cancellation, on the cancelling stack; at once if already
    /// cancelled. The callback must not throw and must not destroy the registration's owner.
    [[nodiscard]] Registration on_cancel(std::function<void()> callback) const {
        Registration registration;
        if (!state_) return registration;
        if (state_->cancelled) {
            callback();
            return registration;
        }
        registration.state_ = state_;
        registration.position_ =
            state_->callbacks.insert(state_->callbacks.end(), std::move(callback));
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
        const auto callbacks = std::move(state_->callbacks);
        for (const auto& callback : callbacks) callback();
    }

private:
    std::shared_ptr<CancelToken::State> state_;
};

}  // namespace kimbap::async
