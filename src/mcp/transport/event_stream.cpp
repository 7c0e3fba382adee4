#include "mcp/transport/event_stream.hpp"

#include <chrono>
#include <utility>

namespace kimbap::mcp {
namespace {

constexpr std::string_view kKeepalive = ": keepalive\n\n";

using Clock = std::chrono::steady_clock;

std::optional<StreamEnd> end_of(Outbox::State state) {
    switch (state) {
        case Outbox::State::open:
            return std::nullopt;
        case Outbox::State::released:
            return StreamEnd::released;
        case Outbox::State::finished:
            return StreamEnd::finished;
        case Outbox::State::overflowed:
            return StreamEnd::overflowed;
        case Outbox::State::superseded:
            break;
    }
    return StreamEnd::superseded;
}

std::string text_of(const Outbox::Batch& batch, const std::string& id_prefix) {
    std::string out;
    std::size_t bytes = 0;
    for (const auto& event : batch.events) bytes += event.text->size() + 64;
    out.reserve(bytes);
    for (const auto& event : batch.events) {
        const auto id = id_prefix.empty() ? std::string() : id_prefix + std::to_string(event.seq);
        append_event(out, id, *event.text);
    }
    if (batch.state == Outbox::State::released) {
        // Tells the client when to come back (2025-11-25, Sending Messages).
        out += "retry: " + std::to_string(batch.retry.count()) + "\ndata:\n\n";
    }
    if (out.empty() && batch.timed_out) out = kKeepalive;
    return out;
}

}  // namespace

void append_event(std::string& out, std::string_view id, std::string_view data,
                  std::string_view type) {
    if (!id.empty()) {
        out += "id: ";
        out += id;
        out += '\n';
    }
    out += "event: ";
    out += type;
    out += "\ndata: ";
    out += data;
    out += "\n\n";
}

Task<StreamEnd> pump_events(Exchange& exchange, std::shared_ptr<Outbox::Reader> reader,
                            Outbox::Batch first, StreamSettings settings) {
    const auto gone = exchange.response.peer_closed();
    const std::weak_ptr<Outbox::Reader> weak = reader;
    const auto registration = gone.on_cancel([weak] {
        if (const auto alive = weak.lock()) alive->interrupt();
    });
    const auto keepalive = exchange.core->options.keepalive;
    auto checked = Clock::now();
    auto batch = std::move(first);
    for (bool begun = false;; begun = true) {
        if (Clock::now() - checked >= keepalive || (begun && !batch.events.empty())) {
            checked = Clock::now();
            if (settings.session) settings.session->touch();
            auto asking = exchange.authenticator.still_valid(exchange.principal);
            const bool valid = co_await std::move(asking);
            if (!valid) co_return StreamEnd::revoked;
        }
        const auto text = text_of(batch, settings.id_prefix);
        if (!text.empty()) {
            auto writing = exchange.response.write(text);
            const auto written = co_await std::move(writing);
            if (!written) co_return StreamEnd::peer_gone;
        }
        if (const auto end = end_of(batch.state)) co_return *end;
        if (gone.cancelled()) co_return StreamEnd::peer_gone;
        auto reading = reader->read(keepalive);
        batch = co_await std::move(reading);
    }
}

}  // namespace kimbap::mcp
