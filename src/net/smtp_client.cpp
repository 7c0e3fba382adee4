#include "net/smtp_client.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "net/address_guard.hpp"
#include "net/curl_library.hpp"

namespace kimbap::net {

namespace {

namespace ip = boost::asio::ip;

constexpr long kConnectMs = 10'000;
/// How long a request to stop may go unnoticed.
constexpr int kLookMs = 50;

using Easy = std::unique_ptr<CURL, decltype(CurlLibrary::easy_cleanup)>;
using Multi = std::unique_ptr<CURLM, decltype(CurlLibrary::multi_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(CurlLibrary::slist_free_all)>;

/// What the callbacks of one mail work with.
struct Work {
    const SmtpServer& server;
    const AddressGuard& guard;
    std::string_view unsent;
    bool blocked = false;
    std::vector<curl_socket_t> sockets{};  ///< That are open.
};

std::size_t read_mail(char* buffer, std::size_t size, std::size_t count, void* context) {
    auto& work = *static_cast<Work*>(context);
    const std::size_t part = std::min(size * count, work.unsent.size());
    std::memcpy(buffer, work.unsent.data(), part);
    work.unsent.remove_prefix(part);
    return part;
}

std::size_t ignore(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
}

bool written_out(const std::string& host) {
    boost::system::error_code error;
    ip::make_address(host, error);
    return !error || host == "localhost";
}

bool may_connect(const Work& work, const curl_sockaddr& peer) {
    if (written_out(work.server.host)) return true;
    if (peer.family == AF_INET && peer.addrlen >= sizeof(sockaddr_in)) {
        sockaddr_in v4{};
        std::memcpy(&v4, &peer.addr, sizeof v4);
        return work.guard.allows(work.server.host, ip::address_v4(ntohl(v4.sin_addr.s_addr)),
                                 work.server.port);
    }
    if (peer.family == AF_INET6 && peer.addrlen >= sizeof(sockaddr_in6)) {
        sockaddr_in6 v6{};
        // libcurl's structure has room for every family behind its sockaddr.
        std::memcpy(&v6, static_cast<const void*>(&peer.addr), sizeof v6);
        ip::address_v6::bytes_type bytes{};
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return work.guard.allows(work.server.host, ip::address_v6(bytes), work.server.port);
    }
    return false;
}

curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* peer) {
    auto& work = *static_cast<Work*>(context);
    if (!may_connect(work, *peer)) {
        work.blocked = true;
        return CURL_SOCKET_BAD;
    }
    const int made = ::socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
    if (made >= 0) work.sockets.push_back(made);
    return made;
}

int close_socket(void* context, curl_socket_t socket) {
    std::erase(static_cast<Work*>(context)->sockets, socket);
    return ::close(socket);
}

std::string url_of(const SmtpServer& server) {
    const bool v6 = server.host.find(':') != std::string::npos;
    return std::string(server.tls == SmtpTls::implicit ? "smtps://" : "smtp://") +
           (v6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

void set_tls(const CurlLibrary& curl, CURL* easy, SmtpTls tls) {
    curl.easy_setopt(easy, CURLOPT_USE_SSL,
                     tls == SmtpTls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL);
    curl.easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') {
        curl.easy_setopt(easy, CURLOPT_CAINFO, file);
    }
    if (const char* folder = std::getenv("SSL_CERT_DIR"); folder != nullptr && *folder != '\0') {
        curl.easy_setopt(easy, CURLOPT_CAPATH, folder);
    }
}

Error failure_of(CURLcode code, long reply, const Work& work, const std::string& detail) {
    const std::string where =
        "the mail server " + work.server.host + ":" + std::to_string(work.server.port);
    if (work.blocked) {
        return make_error(Errc::blocked_address,
                          where + " has an address that egress.allow_private doesn't name");
    }
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return make_error(Errc::timed_out, where + " did not answer in time");
        case CURLE_LOGIN_DENIED:
            return make_error(
                Errc::unauthenticated,
                where + " refused the user name or password (" + std::to_string(reply) + ")");
        case CURLE_USE_SSL_FAILED:
            return make_error(Errc::tls_failure,
                              where + " offers no STARTTLS (use tls: implicit, or another port)");
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CACERT_BADFILE:
            return make_error(Errc::tls_failure, where + ": " + detail);
        default:
            break;
    }
    // RFC 5321 section 4.2.1: 5yz is for good, 4yz for now. 530 and 535 are an operator's to mend.
    const bool for_good = reply >= 500 && reply < 600 && reply != 530 && reply != 535;
    if (reply >= 400 && reply < 600) {
        return make_error(for_good ? Errc::unsupported : Errc::unavailable,
                          where + " refused the mail (" + std::to_string(reply) + ")");
    }
    return make_error(Errc::unavailable, where + ": " + detail);
}

/// Drives the transfer to its end; nullopt where it was told to stop.
std::optional<CURLcode> drive(const CurlLibrary& curl, CURLM* multi,
                              const std::atomic<bool>& stop) {
    for (;;) {
        int running = 0;
        if (curl.multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
        if (running == 0) break;
        if (stop) return std::nullopt;
        curl.multi_poll(multi, nullptr, 0, kLookMs, nullptr);
    }
    int left = 0;
    const CURLMsg* const message = curl.multi_info_read(multi, &left);
    return message != nullptr && message->msg == CURLMSG_DONE ? message->data.result
                                                              : CURLE_FAILED_INIT;
}

}  // namespace

Result<void> send_mail(const SmtpServer& server, const Secret& password, const SmtpMail& mail,
                       const AddressGuard& guard, std::chrono::milliseconds timeout,
                       const std::atomic<bool>& stop) {
    const Result<const CurlLibrary*> loaded = curl_library();
    if (!loaded) return loaded.error();
    const CurlLibrary& curl = **loaded;
    Work work{server, guard, mail.content};  // outlives what calls back
    const Easy easy(curl.easy_init(), curl.easy_cleanup);
    const Multi multi(curl.multi_init(), curl.multi_cleanup);
    const List recipients(curl.slist_append(nullptr, ("<" + mail.to + ">").c_str()),
                          curl.slist_free_all);
    if (!easy || !multi || !recipients) return make_error(Errc::unavailable, "out of memory");

    char detail[CURL_ERROR_SIZE] = "";
    CURL* const c = easy.get();
    curl.easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
    curl.easy_setopt(c, CURLOPT_URL, url_of(server).c_str());
    curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl.easy_setopt(c, CURLOPT_PROXY, "");  // one of the environment would see the mail
    curl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
    curl.easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
    curl.easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl.easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl.easy_setopt(c, CURLOPT_OPENSOCKETDATA, &work);
    curl.easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl.easy_setopt(c, CURLOPT_CLOSESOCKETDATA, &work);
    set_tls(curl, c, server.tls);
    if (!server.username.empty()) {
        std::string copy(password.reveal());
        curl.easy_setopt(c, CURLOPT_USERNAME, server.username.c_str());
        curl.easy_setopt(c, CURLOPT_PASSWORD, copy.c_str());
        wipe(copy.data(), copy.size());
    }
    curl.easy_setopt(c, CURLOPT_MAIL_FROM, ("<" + mail.from + ">").c_str());
    curl.easy_setopt(c, CURLOPT_MAIL_RCPT, recipients.get());
    curl.easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl.easy_setopt(c, CURLOPT_READFUNCTION, read_mail);
    curl.easy_setopt(c, CURLOPT_READDATA, &work);
    curl.easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore);

    if (curl.multi_add_handle(multi.get(), c) != CURLM_OK) {
        return make_error(Errc::unavailable, "out of memory");
    }
    const std::optional<CURLcode> code = drive(curl, multi.get(), stop);
    // Else libcurl would say QUIT and wait for the answer.
    for (const curl_socket_t open : code ? std::vector<curl_socket_t>() : work.sockets) {
        ::shutdown(open, SHUT_RDWR);
    }
    long reply = 0;
    curl.easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply);
    curl.multi_remove_handle(multi.get(), c);
    if (!code) return make_error(Errc::cancelled, "kimbap is stopping");
    if (*code == CURLE_OK) return {};
    return failure_of(*code, reply, work, *detail != '\0' ? detail : curl.easy_strerror(*code));
}

}  // namespace kimbap::net
