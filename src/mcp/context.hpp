#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/cancellation.hpp"
#include "mcp/types.hpp"

namespace kimbap::mcp {

/// Who calls. The app derives its own type with whatever its decisions need; mcp only compares
/// keys.
class Principal {
public:
    explicit Principal(std::string key) : key_(std::move(key)) {}
    virtual ~Principal() = default;
    Principal(const Principal&) = delete;
    Principal& operator=(const Principal&) = delete;

    /// Equal for two requests of the same caller, stable over its life. Sessions are bound to it,
    /// so that a session's identifier alone is no credential.
    [[nodiscard]] const std::string& key() const noexcept { return key_; }

private:
    std::string key_;
};
using PrincipalPtr = std::shared_ptr<const Principal>;

/// What the client declared: with each request in the modern era, at initialize in the older ones.
struct ClientProfile {
    Implementation info;
    json::object capabilities;
    std::string revision;  ///< For logs only: providers' behaviour must not depend on an era.
};

/// Where messages that belong to a running request go. Implemented by the transports.
class CallChannel {
public:
    virtual ~CallChannel() = default;
    /// Sends a notification, a JSON text on one line. Never blocks; dropped where the peer reads
    /// too slowly or takes no stream.
    virtual void notify(std::string message) = 0;
    /// See RequestContext::release_stream.
    virtual void release_stream(std::chrono::milliseconds) {}
};

/// Whether a request may be answered with a task.
enum class TaskWish {
    by_extension,  ///< Where the client declared io.modelcontextprotocol/tasks (modern).
    none,          ///< The client's revision has no tasks.
    not_asked,     ///< It could have asked for one (2025-11-25), but did not.
    asked,         ///< It asked for one (2025-11-25).
};

/// What a tool's structured result may be in the client's revision.
enum class StructuredResults {
    any,      ///< Any JSON value (modern).
    objects,  ///< Others are wrapped as an object's "result".
    none,     ///< It has none.
};

/// One request as its provider sees it. Lives until the provider's coroutine ends; used on the
/// request's thread only.
class RequestContext {
public:
    struct Parts {
        PrincipalPtr principal;
        std::shared_ptr<const ClientProfile> client;
        std::string request_id;  ///< As JSON text.
        json::object meta = {};  ///< The request's _meta.
        std::optional<LogLevel> log_level = {};
        TaskWish task_wish = TaskWish::by_extension;
        StructuredResults structured = StructuredResults::any;
        CallChannel* channel = nullptr;  ///< Outlives the context; may be null.
        async::CancelToken cancel = {};
    };
    explicit RequestContext(Parts parts);

    [[nodiscard]] const PrincipalPtr& principal() const noexcept { return parts_.principal; }
    /// The principal as the type that the app's Authenticator made.
    template <class T>
    [[nodiscard]] const T& principal_as() const {
        return dynamic_cast<const T&>(*parts_.principal);
    }
    [[nodiscard]] const Implementation& client() const noexcept { return parts_.client->info; }
    [[nodiscard]] const json::object& client_capabilities() const noexcept {
        return parts_.client->capabilities;
    }
    /// Whether the client declared a capability: "sampling", "elicitation", "roots", or a member of
    /// one: "elicitation.url" ("elicitation.form" also holds for a bare {"elicitation":{}}).
    [[nodiscard]] bool client_supports(std::string_view capability) const noexcept;
    [[nodiscard]] bool client_supports_extension(std::string_view identifier) const noexcept;
    /// Whether this request may be answered with a TaskState.
    [[nodiscard]] bool client_supports_tasks() const noexcept;
    /// Whether it has to be.
    [[nodiscard]] bool task_asked() const noexcept { return parts_.task_wish == TaskWish::asked; }
    void ask_task() noexcept { parts_.task_wish = TaskWish::asked; }
    /// Whether definitions of tools say if they take tasks.
    [[nodiscard]] bool tools_declare_tasks() const noexcept {
        return parts_.task_wish == TaskWish::not_asked || task_asked();
    }
    /// Which output schemas definitions of tools may have.
    [[nodiscard]] StructuredResults structured_results() const noexcept {
        return parts_.structured;
    }
    [[nodiscard]] std::string_view revision() const noexcept { return parts_.client->revision; }
    /// The JSON-RPC identifier as JSON text (a string with its quotes).
    [[nodiscard]] std::string_view request_id() const noexcept { return parts_.request_id; }
    /// The request's _meta: trace context and extensions' keys. Untrusted.
    [[nodiscard]] const json::object& meta() const noexcept { return parts_.meta; }

    /// Whether the client asked for progress; without it progress() does nothing.
    [[nodiscard]] bool wants_progress() const noexcept { return !progress_token_.empty(); }
    /// Reports progress at once. `progress` must grow with each report (others are dropped, as the
    /// specification forbids them). The first report turns an HTTP answer into a stream.
    void progress(double progress, std::optional<double> total = {}, std::string_view message = {});

    [[nodiscard]] bool wants_log(LogLevel level) const noexcept;
    /// Sends a log message to the client if it asked for that level. Never pass a secret.
    void log(LogLevel level, std::string_view logger, const json::value& data);

    /// Cancelled when the client withdraws the request (notifications/cancelled, or the modern
    /// request's stream closing), when its session ends, and when the server stops.
    [[nodiscard]] const async::CancelToken& cancel_token() const noexcept { return parts_.cancel; }
    [[nodiscard]] bool cancelled() const noexcept { return parts_.cancel.cancelled(); }

    /// Lets go of the client's connection while the call goes on, where the transport can: the
    /// client comes back for the result after `retry` (2025-11-25, Sending Messages, 6). Elsewhere
    /// it does nothing.
    void release_stream(std::chrono::milliseconds retry);

private:
    Parts parts_;
    std::string progress_token_;  ///< As JSON text; empty for none.
    double last_progress_ = 0;
    bool any_progress_ = false;
};

}  // namespace kimbap::mcp
