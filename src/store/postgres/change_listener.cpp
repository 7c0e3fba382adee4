#include "store/postgres/change_listener.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

namespace kimbap::store::postgres {

namespace {

constexpr unsigned kAllTopics = (1U << kTopicCount) - 1;
/// How long the listener takes a silent connection for a live one, and how long it then waits for
/// an answer: what is cached may be that much out of date where the server hangs.
constexpr int kProbeMs = 1000;
constexpr std::chrono::milliseconds kPatience{2000};
/// Between two tries to connect.
constexpr int kRetryMs = 500;

}  // namespace

Result<std::unique_ptr<ChangeListener>> ChangeListener::start(ConnectionOptions options,
                                                              Connection& writer) {
    const int wake = ::eventfd(0, EFD_CLOEXEC);
    if (wake < 0) {
        return make_error(Errc::storage_failure,
                          std::string("the store can't be watched: ") + std::strerror(errno));
    }
    return std::unique_ptr<ChangeListener>(new ChangeListener(std::move(options), writer, wake));
}

ChangeListener::ChangeListener(ConnectionOptions options, Connection& writer, int wake)
    : options_(std::move(options)), writer_(writer), wake_(wake) {
    options_.patience = kPatience;
    thread_ = std::thread([this] { loop(); });
}

ChangeListener::~ChangeListener() {
    static_cast<void>(::eventfd_write(wake_, 1));
    thread_.join();
    ::close(wake_);
}

std::uint64_t ChangeListener::version(Topic topic) const noexcept {
    const auto& version = versions_[static_cast<std::size_t>(topic)];
    const bool listening = listening_.load(std::memory_order_acquire);
    return version.load(std::memory_order_acquire) | (listening ? 0U : 1U);
}

void ChangeListener::add(unsigned topics, std::uint64_t steps) noexcept {
    for (std::size_t i = 0; i < kTopicCount; ++i) {
        if (((topics >> i) & 1U) != 0) versions_[i].fetch_add(steps);
    }
}

Result<void> ChangeListener::announce(unsigned topics) {
    if (topics == 0) return {};
    add(topics, 1);
    announced_ = topics;
    auto statement = writer_.prepare("SELECT pg_notify('kimbap_changes', ?)");
    if (!statement) return statement.error();
    const std::string payload = std::to_string(topics);
    return statement->bind(payload).run();
}

void ChangeListener::settle() noexcept {
    add(std::exchange(announced_, 0U), 1);
}

void ChangeListener::doubt_all() noexcept {
    add(kAllTopics, 2);
}

void ChangeListener::heard(const std::string& payload) {
    // This process's own, too: where the answer to a commit was lost, it tells how that ended.
    unsigned topics = 0;
    const char* const last = payload.data() + payload.size();
    const auto [end, error] = std::from_chars(payload.data(), last, topics);
    const bool read = error == std::errc{} && end == last;
    add(read ? topics & kAllTopics : kAllTopics, 2);
}

ChangeListener::Wake ChangeListener::wait(int socket, int milliseconds) const {
    std::array<pollfd, 2> both{{{wake_, POLLIN, 0}, {socket, POLLIN, 0}}};
    static_cast<void>(::poll(both.data(), socket < 0 ? 1 : 2, milliseconds));
    if (both[0].revents != 0) return Wake::ending;
    return both[1].revents != 0 ? Wake::input : Wake::silence;
}

void ChangeListener::listen(Connection& connection) {
    if (!connection.run("LISTEN kimbap_changes")) return;
    doubt_all();  // whatever changed before is unknown
    listening_.store(true, std::memory_order_release);
    for (;;) {
        const Wake wake = wait(connection.socket(), kProbeMs);
        if (wake == Wake::ending) return;
        if (wake == Wake::silence && !connection.run("SELECT 1")) return;
        // After the probe, too: what came with its answer has been read, and no poll() tells of it.
        if (!hear_all(connection)) return;
    }
}

bool ChangeListener::hear_all(Connection& connection) {
    for (;;) {
        const auto next = connection.next_notification();
        if (!next) return false;
        if (!*next) return true;
        heard(**next);
    }
}

void ChangeListener::loop() {
    do {
        const auto connection = Connection::open(options_);
        if (connection) listen(**connection);
        listening_.store(false, std::memory_order_release);
    } while (wait(-1, kRetryMs) != Wake::ending);
}

}  // namespace kimbap::store::postgres
