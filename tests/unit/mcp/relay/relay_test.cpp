#include "mcp/relay/relay.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <set>

#include "base/json_text.hpp"
#include "mcp/server.hpp"
#include "mcp/transport/http_transport.hpp"
#include "net/address_guard.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/tls.hpp"
#include "support/temp_folder.hpp"
#include "unit/mcp/support/fake_providers.hpp"
#include "unit/mcp/support/http_harness.hpp"

/// A relay between a pair of sockets and a real server on a Unix domain socket.
namespace kimbap::mcp::test {
namespace {

constexpr const char* kMeta =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";
constexpr const char* kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})";
constexpr const char* kInitialized = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";

class RelayTest : public testing::Test {
protected:
    RelayTest() : http_(context_, std::make_shared<net::ClientTls>(), guard_) {
        ::socketpair(AF_UNIX, SOCK_STREAM, 0, in_);
        ::socketpair(AF_UNIX, SOCK_STREAM, 0, out_);
        ::fcntl(out_[0], F_SETFL, O_NONBLOCK);
        serve();
        auto target = relay::parse_target("unix:" + path_);
        relay_.emplace(http_, std::move(*target), Secret("a"), in_[1], out_[1]);
        asio::co_spawn(context_, relay_->run(), [this](std::exception_ptr) { done_ = true; });
    }
    ~RelayTest() override {
        close_input();
        run_until([this] { return done_; });
        for (const int fd : {in_[1], out_[0], out_[1]}) ::close(fd);
        stop();
        http_.close_idle();
        context_.restart();
        context_.run_for(std::chrono::milliseconds(100));
    }

    /// A server that knows nothing of any before it.
    void serve() {
        providers_ = std::make_unique<FakeTools>();
        ServerOptions options = HttpHarness::default_options();
        server_ = std::make_unique<Server>(
            options, Providers{providers_.get(), nullptr, nullptr, nullptr, nullptr});
        transport_ = std::make_unique<HttpTransport>(*server_, authenticator_, HttpOptions{});
        listener_ = std::make_unique<net::HttpServer>(context_, *transport_, net::ServerLimits{});
        const auto listening = listener_->listen_unix(path_);
        ASSERT_TRUE(listening) << listening.error().message;
    }
    /// As a process dies: every connection breaks.
    void stop() {
        if (!listener_) return;
        listener_->stop();
        server_->cancel_all();
        run_until([this] { return listener_->connections() == 0; });
        listener_.reset();
    }

    void say(const std::string& line) {
        const auto text = line + "\n";
        ASSERT_EQ(::write(in_[0], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    void modern(int id, const std::string& method, const std::string& more = "") {
        say(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" + method +
            R"(","params":{)" + kMeta + more + "}}");
    }
    void close_input() {
        if (in_[0] != -1) ::close(in_[0]);
        in_[0] = -1;
    }

    bool run_until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            context_.restart();
            context_.run_one_for(std::chrono::milliseconds(20));
            read_output();
        }
        return true;
    }
    void read_output() {
        char buffer[4096];
        for (;;) {
            const auto size = ::read(out_[0], buffer, sizeof buffer);
            if (size <= 0) break;
            pending_.append(buffer, static_cast<std::size_t>(size));
        }
        for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
            heard_.push_back(*parse_json(pending_.substr(0, end)));
            pending_.erase(0, end + 1);
        }
    }
    /// The answer to request `id`, once it is there.
    const json::object& answer(int id) {
        const json::object* found = nullptr;
        const bool came = run_until([&] {
            for (const auto& message : heard_) {
                const auto* of = message.get_object().if_contains("id");
                if (of && *of == json::value(id)) found = &message.get_object();
            }
            return found != nullptr;
        });
        if (!came) throw std::runtime_error("no answer to " + std::to_string(id));
        return *found;
    }
    std::size_t count(std::string_view method) const {
        std::size_t found = 0;
        for (const auto& message : heard_) {
            const auto* name = message.get_object().if_contains("method");
            if (name && name->get_string() == method) ++found;
        }
        return found;
    }
    std::string error_of(int id) {
        return std::string(answer(id).at("error").at("message").get_string());
    }

    kimbap::test::TempFolder folder_;
    const std::string path_ = folder_ / "s";
    asio::io_context context_;
    net::AddressGuard guard_;
    net::HttpClient http_;
    FakeAuthenticator authenticator_;
    std::unique_ptr<FakeTools> providers_;
    std::unique_ptr<Server> server_;
    std::unique_ptr<HttpTransport> transport_;
    std::unique_ptr<net::HttpServer> listener_;
    std::optional<relay::Relay> relay_;
    int in_[2] = {-1, -1};
    int out_[2] = {-1, -1};
    std::string pending_;
    std::vector<json::value> heard_;
    bool done_ = false;
};

TEST_F(RelayTest, RelaysBothErasSideBySide) {
    modern(1, "server/discover");
    EXPECT_TRUE(answer(1).contains("result"));
    say(kInitialize);
    say(R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})");
    EXPECT_EQ(answer(0).at("result").at("protocolVersion"), "2025-11-25");
    EXPECT_TRUE(answer(2).at("result").at("tools").is_array());
    modern(3, "tools/call", R"(,"name":"nope")");
    EXPECT_EQ(answer(3).at("error").at("code"), -32602);
    close_input();
    EXPECT_TRUE(run_until([this] { return done_; }));
    EXPECT_EQ(server_->sessions(), 0U);  // told that the session is over
}

TEST_F(RelayTest, CancelsAModernCallByClosingItsRequest) {
    modern(1, "tools/call", R"(,"name":"wait")");
    ASSERT_TRUE(run_until([this] { return providers_->calls == 1; }));
    say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
    EXPECT_TRUE(run_until([this] { return providers_->cancelled == 1; }));
    modern(2, "tools/list");
    answer(2);
    EXPECT_EQ(heard_.size(), 1U);  // nothing was said of the cancelled one
}

TEST_F(RelayTest, CarriesTheServersQuestionsToALegacyClientAndItsAnswersBack) {
    say(std::string(kInitialize)
            .replace(std::string(kInitialize).find("\"capabilities\":{}"), 17,
                     R"("capabilities":{"elicitation":{}})"));
    answer(0);
    say(kInitialized);
    say(R"({"jsonrpc":"2.0","id":71,"method":"tools/call","params":{"name":"ask","arguments":{}}})");
    ASSERT_TRUE(run_until([this] { return count("elicitation/create") == 1; }));
    const json::object question = heard_.back().get_object();
    EXPECT_EQ(question.at("params").at("message"), "Who?");
    say(R"({"jsonrpc":"2.0","id":)" + to_json(question.at("id")) +
        R"(,"result":{"action":"accept","content":{"name":"Ada"}}})");
    EXPECT_NE(to_json(answer(71).at("result")).find("Ada"), std::string::npos);
}

TEST_F(RelayTest, CarriesTheModernErasQuestionsAsResults) {
    const auto ask = [this](int id, const std::string& more) {
        std::string meta = kMeta;
        meta.replace(meta.find("Capabilities\":{}"), 16,
                     R"(Capabilities":{"elicitation":{"form":{}}})");
        say(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
            R"(,"method":"tools/call","params":{"name":"ask","arguments":{},)" + meta + more +
            "}}");
    };
    ask(1, "");
    EXPECT_EQ(answer(1).at("result").at("resultType"), "input_required") << to_json(answer(1));
    ask(2, R"(,"requestState":"state-1","inputResponses":{"user_name":{"action":"accept"}})");
    EXPECT_NE(to_json(answer(2)).find("Hello"), std::string::npos) << to_json(answer(2));
}

TEST_F(RelayTest, CarriesProgressAndLogMessagesAheadOfTheAnswer) {
    say(kInitialize);
    answer(0);
    say(kInitialized);
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"progress",)"
        R"("arguments":{},"_meta":{"progressToken":"p"}}})");
    answer(1);
    EXPECT_EQ(count("notifications/progress"), 3U);
    EXPECT_EQ(heard_.back().get_object().at("id"), 1);
    say(R"({"jsonrpc":"2.0","id":2,"method":"logging/setLevel","params":{"level":"debug"}})");
    answer(2);
    say(R"({"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"log","arguments":{}}})");
    answer(3);
    EXPECT_EQ(count("notifications/message"), 1U);
}

TEST_F(RelayTest, CancelsALegacyCall) {
    say(kInitialize);
    answer(0);
    say(kInitialized);
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait","arguments":{}}})");
    ASSERT_TRUE(run_until([this] { return providers_->calls == 1; }));
    say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
    EXPECT_TRUE(run_until([this] { return providers_->cancelled == 1; }));
    say(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
    EXPECT_TRUE(answer(1).contains("result")) << to_json(answer(1));
    close_input();
    EXPECT_TRUE(run_until([this] { return done_; }));
    const auto answers = std::count_if(heard_.begin(), heard_.end(), [](const json::value& heard) {
        const auto* id = heard.get_object().if_contains("id");
        return id && *id == json::value(1);
    });
    EXPECT_EQ(answers, 1);  // nothing was said of the cancelled one
}

TEST_F(RelayTest, MirrorsArgumentsThatTheServerWantsInHeaders) {
    modern(1, "tools/call", R"(,"name":"echo","arguments":{"region":"nörd"})");
    EXPECT_TRUE(answer(1).contains("result")) << to_json(answer(1));
    EXPECT_EQ(providers_->calls, 1);
    modern(2, "tools/call", R"(,"name":"echo","arguments":{"region":"west"})");
    EXPECT_TRUE(answer(2).contains("result")) << to_json(answer(2));
    modern(3, "tools/call", R"(,"name":"echo","arguments":{})");
    EXPECT_TRUE(answer(3).contains("result")) << to_json(answer(3));
}

TEST_F(RelayTest, AnswersEachMemberOfABatch) {
    say(std::string(kInitialize)
            .replace(std::string(kInitialize).find("2025-11-25"), 10, "2025-03-26"));
    answer(0);
    say(kInitialized);
    say(R"([{"jsonrpc":"2.0","id":1,"method":"ping"},3])");
    ASSERT_TRUE(run_until([this] { return heard_.size() == 2; }));
    EXPECT_EQ(heard_.back().get_array().size(), 2U) << to_json(heard_.back());
    say("[3]");
    ASSERT_TRUE(run_until([this] { return heard_.size() == 3; }));
    EXPECT_EQ(heard_.back().get_array().size(), 1U) << to_json(heard_.back());
    say("[]");
    ASSERT_TRUE(run_until([this] { return heard_.size() == 4; }));
    EXPECT_EQ(heard_.back().get_object().at("error").at("code"), -32600);
    EXPECT_TRUE(heard_.back().get_object().at("id").is_null());
}

TEST_F(RelayTest, TakesUpAnAnswerWhoseStreamTheServerLetGo) {
    say(kInitialize);
    answer(0);
    say(kInitialized);
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/call",)"
        R"("params":{"name":"detach","arguments":{}}})");
    ASSERT_TRUE(run_until([this] { return providers_->calls == 1; }));
    // Long enough for the stream to end without the answer.
    const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    run_until([&] { return std::chrono::steady_clock::now() > later; });
    providers_->release();
    EXPECT_NE(to_json(answer(1).at("result")).find("waited"), std::string::npos);
    EXPECT_EQ(providers_->calls, 1);
}

TEST_F(RelayTest, OpensAnotherSessionWhereTheServerForgotIt) {
    say(kInitialize);
    answer(0);
    say(kInitialized);
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
    answer(1);
    stop();
    say(R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})");
    EXPECT_NE(error_of(2).find("can't be reached"), std::string::npos) << error_of(2);
    serve();
    say(R"({"jsonrpc":"2.0","id":3,"method":"tools/list"})");
    EXPECT_TRUE(answer(3).contains("result"));
    EXPECT_TRUE(run_until([this] { return count("notifications/tools/list_changed") > 0; }));
    const auto answers_to_initialize =
        std::count_if(heard_.begin(), heard_.end(), [](const json::value& message) {
            const auto* id = message.get_object().if_contains("id");
            return id && *id == json::value(0);
        });
    EXPECT_EQ(answers_to_initialize, 1);  // the client knows of one session only
}

TEST_F(RelayTest, KeepsASubscriptionOverARestart) {
    modern(1, "subscriptions/listen", R"(,"notifications":{"toolsListChanged":true})");
    ASSERT_TRUE(
        run_until([this] { return count("notifications/subscriptions/acknowledged") == 1; }));
    stop();
    serve();
    ASSERT_TRUE(run_until([this] { return count("notifications/tools/list_changed") == 1; }));
    server_->tools_changed();
    EXPECT_TRUE(run_until([this] { return count("notifications/tools/list_changed") == 2; }));
    EXPECT_EQ(count("notifications/subscriptions/acknowledged"), 1U);
}

TEST_F(RelayTest, SaysThatTheOutcomeIsUnknown) {
    modern(1, "tools/call", R"(,"name":"wait")");
    ASSERT_TRUE(run_until([this] { return providers_->calls == 1; }));
    stop();
    EXPECT_NE(error_of(1).find("unknown"), std::string::npos) << error_of(1);
}

TEST_F(RelayTest, SaysWhatARequestWithoutARevisionLacks) {
    say(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
    EXPECT_EQ(answer(1).at("error").at("code"), -32602);
    EXPECT_NE(error_of(1).find("_meta"), std::string::npos) << error_of(1);
}

TEST_F(RelayTest, PassesTheServersRefusalOn) {
    modern(1, "nothing/there");
    EXPECT_EQ(answer(1).at("error").at("code"), -32601);
    EXPECT_NE(error_of(1).find("nothing/there"), std::string::npos) << error_of(1);
}

}  // namespace
}  // namespace kimbap::mcp::test
