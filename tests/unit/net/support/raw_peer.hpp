#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kimbap::net::test {

/// What a peer read of a response (or request): its head, and its body without the framing.
struct RawMessage {
    std::string head;  ///< Start line and headers, each line with its CRLF.
    std::string body;
    bool chunked = false;

    [[nodiscard]] std::string start_line() const { return head.substr(0, head.find("\r\n")); }
    /// The number in a status line; 0 where the connection ended before one came.
    [[nodiscard]] int status() const;
    [[nodiscard]] bool has(std::string_view header_line) const {
        return head.find("\r\n" + std::string(header_line) + "\r\n") != std::string::npos;
    }
};

/// A blocking socket that speaks bytes, so that tests can break HTTP's rules. Every wait ends after
/// kPatience with an exception, which fails the test instead of hanging it.
class RawPeer {
public:
    static constexpr int kPatienceMillis = 20'000;

    /// Takes over a connected socket.
    explicit RawPeer(int descriptor) : descriptor_(descriptor) {}
    static RawPeer connect(std::uint16_t port);
    static RawPeer connect_unix(const std::string& path);
    RawPeer(RawPeer&& other) noexcept;
    RawPeer& operator=(RawPeer&&) = delete;
    ~RawPeer() { close(); }

    /// Sends all of it; false where the peer is gone.
    bool send(std::string_view bytes);
    /// Reads until `needle` came, and gives everything up to its end.
    std::string read_until(std::string_view needle);
    /// A whole message, framed by Content-Length, chunks, or the connection's end. `bodiless` for
    /// answers to HEAD.
    RawMessage read_message(bool bodiless = false);
    /// What has arrived, waiting for something to; "" at the end of the connection.
    std::string read_some();
    std::string read_exactly(std::size_t count);
    /// Reads, and keeps nothing, until nothing comes for a moment; false at the connection's end.
    bool discard_until_idle();
    /// Everything until the peer ends the connection, gracefully or by reset.
    std::string read_to_end();
    /// Whether the peer ends the connection without sending anything more.
    bool ended() { return read_to_end().empty(); }
    /// Whether nothing arrives and the connection stays open for `millis`.
    bool silent_for(int millis);

    /// No more will be sent (FIN).
    void half_close();
    /// Closes with a reset instead of a FIN.
    void reset();
    void close();
    /// A tiny receive buffer, so that the peer's writes block soon.
    void shrink_receive_buffer();

private:
    /// Appends to input_ what arrives; false at the end of the connection.
    bool fill();
    [[nodiscard]] bool readable(int millis) const;
    std::string take(std::size_t count);
    void read_chunks(RawMessage& message);

    int descriptor_ = -1;
    std::string input_;
};

}  // namespace kimbap::net::test
