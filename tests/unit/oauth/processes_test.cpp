#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "support/child_process.hpp"
#include "unit/oauth/fake_provider.hpp"

namespace kimbap::oauth {
namespace {

using std::chrono::seconds;

/// Tells a child, which was forked before there were threads, where the provider is.
class Address {
public:
    Address() {
        if (::pipe(fds_) != 0) throw std::runtime_error("no pipe");
    }
    ~Address() {
        ::close(fds_[0]);
        ::close(fds_[1]);
    }
    /// One message for one child, read and written whole: several may be waiting.
    void tell(const std::string& url) const {
        std::array<char, 64> message{};
        url.copy(message.data(), message.size() - 1);
        if (::write(fds_[1], message.data(), message.size()) < 0) {
            throw std::runtime_error("the pipe");
        }
    }
    [[nodiscard]] std::string hear() const {
        std::array<char, 64> message{};
        if (::read(fds_[0], message.data(), message.size()) != 64) {
            throw std::runtime_error("the pipe");
        }
        return message.data();
    }

private:
    int fds_[2]{};
};

TEST(Processes, RefreshOnceBetweenThem) {
    kimbap::test::TempFolder folder;
    const Secret secret = vault::generate_vault_secret();
    const kimbap::test::ManualClock clock;
    Address address;
    const auto body = [&] {
        const std::string url = address.hear();
        test::Installation kimbap(folder / "data", secret, url, clock);
        for (int i = 0; i < 3; ++i) {
            const auto token = kimbap.token();
            if (token && token->value.reveal() == "access-1") continue;
            std::fprintf(stderr, "child: %s\n",
                         token ? "another token" : token.error().message.c_str());
            return 1;
        }
        return 0;
    };
    std::vector<std::unique_ptr<kimbap::test::ChildProcess>> children;
    for (int i = 0; i < 4; ++i)
        children.push_back(std::make_unique<kimbap::test::ChildProcess>(body));
    test::FakeAuthorizationServer server;
    server.during([] { std::this_thread::sleep_for(std::chrono::milliseconds(100)); });
    test::Installation(folder / "data", secret, server.url(), clock).connect(seconds(-1));
    for (std::size_t i = 0; i < children.size(); ++i) address.tell(server.url());
    for (auto& child : children) EXPECT_EQ(child->wait(), 0);
    EXPECT_EQ(server.refreshes(), 1);
    EXPECT_FALSE(server.family_revoked());
}

/// Stored before it is used: a process that dies as soon as it has the new access token, and does
/// nothing with it, leaves the next one the only refresh token that is still good.
TEST(Processes, OneThatIsKilledAfterTheRotationLosesNothing) {
    kimbap::test::TempFolder folder;
    const Secret secret = vault::generate_vault_secret();
    const kimbap::test::ManualClock clock;
    Address address;
    kimbap::test::ChildProcess child([&] {
        test::Installation kimbap(folder / "data", secret, address.hear(), clock);
        const auto token = kimbap.token();
        if (token && token->value.reveal() == "access-1") ::kill(::getpid(), SIGKILL);
        return 1;
    });
    test::FakeAuthorizationServer server;
    test::Installation(folder / "data", secret, server.url(), clock).connect(seconds(-1));
    address.tell(server.url());
    EXPECT_EQ(child.wait(), -1);
    test::Installation next(folder / "data", secret, server.url(), clock);
    EXPECT_EQ(next.token()->value.reveal(), "access-1");
    EXPECT_EQ(next.stored().record.refresh_token.reveal(), server.refresh_token());
    EXPECT_EQ(next.replace(next.stored().version)->value.reveal(), "access-2");
    EXPECT_FALSE(server.family_revoked());
}

/// The lock goes with its holder, and the old refresh token is still there.
TEST(Processes, OneThatIsKilledBeforeTheAnswerHoldsNobodyUp) {
    kimbap::test::TempFolder folder;
    const Secret secret = vault::generate_vault_secret();
    const kimbap::test::ManualClock clock;
    Address address;
    kimbap::test::ChildProcess child([&] {
        test::Installation kimbap(folder / "data", secret, address.hear(), clock);
        static_cast<void>(kimbap.token());
        return 1;
    });
    test::FakeAuthorizationServer server;
    std::atomic<bool> killed{false};
    server.during([&] {
        if (!killed.exchange(true)) child.kill(SIGKILL);
    });
    // The request that the killed process made is lost before the provider acts on it.
    server.next({{503, ""}});
    test::Installation(folder / "data", secret, server.url(), clock).connect(seconds(-1));
    address.tell(server.url());
    EXPECT_EQ(child.wait(), -1);
    test::Installation next(folder / "data", secret, server.url(), clock);
    EXPECT_EQ(next.token()->value.reveal(), "access-1");
}

}  // namespace
}  // namespace kimbap::oauth
