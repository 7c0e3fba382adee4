#include "net/tls.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "support/temp_folder.hpp"
#include "unit/net/support/certificates.hpp"
#include "unit/net/support/client_harness.hpp"
#include "unit/net/support/scripted_upstream.hpp"
#include "unit/net/support/server_harness.hpp"

namespace kimbap::net {
namespace {

namespace ssl = boost::asio::ssl;
using tcp = asio::ip::tcp;
using test::Authority;
using test::ClientHarness;
using test::ServerHarness;

/// Makes OpenSSL trust one file, as an operator does, for as long as it lives.
class Trusting {
public:
    explicit Trusting(const std::string& file) { ::setenv("SSL_CERT_FILE", file.c_str(), 1); }
    ~Trusting() { ::unsetenv("SSL_CERT_FILE"); }
    Trusting(const Trusting&) = delete;
    Trusting& operator=(const Trusting&) = delete;
};

OutboundRequest secure_request(std::uint16_t port, const std::string& host) {
    OutboundRequest request = ClientHarness::request_to(port);
    request.url = *parse_url("https://" + host + ":" + std::to_string(port) + "/over/tls");
    return request;
}

TEST(Tls, ServesAClientThatTrustsTheAuthority) {
    const kimbap::test::TempFolder folder;
    const Authority authority(folder.path());
    const Trusting trusting(authority.certificate_file());
    for (const std::string host : {"localhost", "127.0.0.1"}) {
        const auto files = authority.issue(host);
        const ServerHarness server(test::echo, {}, *server_tls(files.certificate, files.key));
        ClientHarness harness;
        for (int i = 0; i < 3; ++i) {
            const Exchange out = harness.send(secure_request(server.port(), host));
            ASSERT_TRUE(out.response) << host << ": " << out.error.message;
            EXPECT_EQ(out.response->body, "GET /over/tls\n");
        }
    }
}

TEST(Tls, KeepsAndReusesConnections) {
    const kimbap::test::TempFolder folder;
    const Authority authority(folder.path());
    const Trusting trusting(authority.certificate_file());
    const auto files = authority.issue("localhost");
    const std::string large(3 << 20, 'x');
    ServerHarness server(
        [&](HttpRequest& request, ResponseWriter& response) -> Task<void> {
            EXPECT_TRUE(request.tls);
            EXPECT_EQ(request.body.size(), large.size());
            co_await test::echo(request, response);
        },
        {}, *server_tls(files.certificate, files.key));
    ClientHarness harness;
    for (int i = 0; i < 3; ++i) {
        OutboundRequest request = secure_request(server.port(), "localhost");
        request.method = "POST";
        request.body = large;
        const Exchange out = harness.send(std::move(request));
        ASSERT_TRUE(out.response) << out.error.message;
        EXPECT_GT(out.response->body.size(), large.size());
        EXPECT_EQ(server.on_thread([&] { return server.server.connections(); }), 1U);
    }
}

TEST(Tls, ClientRefusesCertificatesItCantVerify) {
    const kimbap::test::TempFolder folder;
    const kimbap::test::TempFolder other_folder;
    const Authority authority(folder.path());
    const Authority other(other_folder.path());
    const struct {
        std::string name;
        Authority::Files files;
        std::string host;
    } table[]{
        {"self-signed", authority.self_signed("localhost"), "localhost"},
        {"of an authority that is not trusted", other.issue("localhost"), "localhost"},
        {"for another host", authority.issue("api.example.com"), "localhost"},
        {"for the name, not the address", authority.issue("localhost"), "127.0.0.1"},
        {"for the address, not the name", authority.issue("127.0.0.1"), "localhost"},
        {"expired", authority.issue("localhost", -1), "localhost"},
    };
    const Trusting trusting(authority.certificate_file());
    for (const auto& row : table) {
        bool reached = false;
        const ServerHarness server(
            [&](HttpRequest& request, ResponseWriter& response) {
                reached = true;
                return test::echo(request, response);
            },
            {}, *server_tls(row.files.certificate, row.files.key));
        ClientHarness harness;
        const Exchange out = harness.send(secure_request(server.port(), row.host));
        EXPECT_FALSE(out.response) << row.name;
        EXPECT_EQ(name(out.error.code), name(Errc::tls_failure)) << row.name;
        EXPECT_FALSE(out.may_have_reached_peer) << row.name;
        EXPECT_FALSE(reached) << row.name;
    }
}

TEST(Tls, ClientSaysWhereThePeerSpeaksNoTls) {
    const test::ScriptedUpstream upstream(
        [](test::RawPeer& peer, int) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    ClientHarness harness;
    const Exchange out = harness.send(secure_request(upstream.port(), "localhost"));
    EXPECT_EQ(name(out.error.code), name(Errc::tls_failure)) << out.error.message;
}

TEST(Tls, HandshakeThatHangsEndsAtTheDeadline) {
    const test::ScriptedUpstream upstream([](test::RawPeer& peer, int) { peer.read_to_end(); });
    ClientHarness harness;
    OutboundRequest request = secure_request(upstream.port(), "localhost");
    request.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    const Exchange out = harness.send(std::move(request));
    EXPECT_EQ(name(out.error.code), name(Errc::timed_out));
    EXPECT_FALSE(out.may_have_reached_peer);
}

/// Accepts one TLS connection, answers with `answer` and ends it, with or without the alert that
/// says so.
void serve_once(tcp::acceptor& acceptor, ssl::context& context, const std::string& answer,
                bool close_notify) {
    ssl::stream<tcp::socket> stream(acceptor.accept(), context);
    boost::system::error_code error;
    stream.handshake(ssl::stream_base::server, error);
    std::string request;
    asio::read_until(stream, asio::dynamic_buffer(request), "\r\n\r\n", error);
    asio::write(stream, asio::buffer(answer), error);
    if (close_notify) {
        stream.shutdown(error);
    } else {
        stream.next_layer().shutdown(tcp::socket::shutdown_send, error);
    }
}

TEST(Tls, BodyWithoutLengthEndsWithTheAlertAlone) {
    // Who cuts the TCP connection can't forge the alert: a cut answer must not pass for a whole
    // one.
    const kimbap::test::TempFolder folder;
    const Authority authority(folder.path());
    const Trusting trusting(authority.certificate_file());
    const auto files = authority.issue("localhost");
    const auto context = *server_tls(files.certificate, files.key);
    for (const bool close_notify : {false, true}) {
        asio::io_context io;
        tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        std::thread server([&] {
            serve_once(acceptor, *context, "HTTP/1.1 200 OK\r\n\r\nall of it?", close_notify);
        });
        ClientHarness harness;
        const Exchange out =
            harness.send(secure_request(acceptor.local_endpoint().port(), "localhost"));
        server.join();
        EXPECT_EQ(out.response.has_value(), close_notify) << out.error.message;
        if (!close_notify) {
            EXPECT_EQ(name(out.error.code), name(Errc::protocol_error));
        }
    }
}

TEST(Tls, ServerEndsStreamsWithTheAlert) {
    const kimbap::test::TempFolder folder;
    const Authority authority(folder.path());
    const auto files = authority.issue("localhost");
    const ServerHarness server(test::echo, {}, *server_tls(files.certificate, files.key));
    asio::io_context io;
    ssl::context context(ssl::context::tls_client);
    ssl::stream<tcp::socket> stream(io, context);
    stream.next_layer().connect({asio::ip::address_v4::loopback(), server.port()});
    stream.handshake(ssl::stream_base::client);
    asio::write(stream, asio::buffer(std::string("GET / HTTP/1.0\r\n\r\n")));
    std::string answer;
    boost::system::error_code error;
    asio::read(stream, asio::dynamic_buffer(answer), error);
    EXPECT_NE(answer.find("\r\n\r\nGET /\n"), std::string::npos);
    EXPECT_EQ(error, asio::error::eof) << error.message();
}

TEST(Tls, ServerRefusesOldVersions) {
    const kimbap::test::TempFolder folder;
    const Authority authority(folder.path());
    const auto files = authority.issue("localhost");
    const ServerHarness server(test::echo, {}, *server_tls(files.certificate, files.key));
    for (const int version : {TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
        asio::io_context io;
        ssl::context context(ssl::context::tls_client);
        SSL_CTX_set_security_level(context.native_handle(), 0);
        SSL_CTX_set_min_proto_version(context.native_handle(), version);
        SSL_CTX_set_max_proto_version(context.native_handle(), version);
        ssl::stream<tcp::socket> stream(io, context);
        stream.next_layer().connect({asio::ip::address_v4::loopback(), server.port()});
        boost::system::error_code error;
        stream.handshake(ssl::stream_base::client, error);
        EXPECT_EQ(!error, version >= TLS1_2_VERSION) << version << ": " << error.message();
    }
}

TEST(Tls, ServerDropsClientsThatSpeakNoTlsOrHang) {
    const kimbap::test::TempFolder folder;
    const Authority authority(folder.path());
    const auto files = authority.issue("localhost");
    ServerLimits limits;
    limits.header_timeout = std::chrono::milliseconds(100);
    ServerHarness server(test::echo, limits, *server_tls(files.certificate, files.key));
    test::RawPeer plain = server.connect();
    plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(plain.read_to_end().find("HTTP/1.1 200"), std::string::npos);
    test::RawPeer silent = server.connect();
    EXPECT_TRUE(silent.ended());
    EXPECT_TRUE(server.wait_for_connections(0));
}

TEST(Tls, NamesTheFaultyFile) {
    const kimbap::test::TempFolder folder;
    const Authority authority(folder.path());
    const auto files = authority.issue("localhost");
    const auto others = authority.issue("example.com");
    const std::string garbage = folder / "garbage.pem";
    std::ofstream(garbage) << "not PEM";
    const struct {
        std::string certificate;
        std::string key;
        std::string says;
    } table[]{
        {folder / "absent.pem", files.key, "http.tls.certificate: " + (folder / "absent.pem")},
        {garbage, files.key, "http.tls.certificate: " + garbage},
        {files.key, files.key, "http.tls.certificate: " + files.key},
        {files.certificate, folder / "absent.pem", "http.tls.key: " + (folder / "absent.pem")},
        {files.certificate, garbage, "http.tls.key: " + garbage},
        {files.certificate, others.key, "http.tls.key: " + others.key},
    };
    for (const auto& row : table) {
        const auto context = server_tls(row.certificate, row.key);
        ASSERT_FALSE(context) << row.says;
        EXPECT_EQ(context.error().code, Errc::invalid_config);
        EXPECT_NE(context.error().message.find(row.says), std::string::npos)
            << context.error().message;
    }
}

}  // namespace
}  // namespace kimbap::net
