#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <string>

#include "support/program.hpp"

namespace kimbap::test {

/// What came back over HTTP.
struct Reply {
    int status = 0;  ///< 0 where no answer came.
    std::string body;
    std::multimap<std::string, std::string> headers{};
    [[nodiscard]] std::string header(const std::string& name) const;
};

/// One HTTP request, waiting at most `seconds` for bytes.
Reply http(const std::string& url, const std::string& method, const std::string& target,
           const std::map<std::string, std::string>& headers = {}, const std::string& body = "",
           int seconds = 60);

/// A client of the operator API.
class OperatorClient {
public:
    OperatorClient(std::string url, std::string token)
        : url_(std::move(url)), token_(std::move(token)) {}
    Reply get(const std::string& target) const;
    Reply post(const std::string& target, const boost::json::object& body = {}) const;

private:
    std::string url_, token_;
};

/// A client of /mcp in the 2026-07-28 revision, one request a call.
class McpClient {
public:
    McpClient(std::string url, std::string token, boost::json::object capabilities = {})
        : url_(std::move(url)), token_(std::move(token)), capabilities_(std::move(capabilities)) {}

    /// The raw reply of a method's request.
    Reply request(const std::string& method, boost::json::object params) const;
    /// Its JSON-RPC message: the last one, where it came as a stream.
    boost::json::object message(const std::string& method, boost::json::object params) const;
    /// The result of tools/call; throws where the answer is a JSON-RPC error.
    boost::json::object call(const std::string& tool, boost::json::object arguments) const;

private:
    std::string url_, token_;
    boost::json::object capabilities_;
};

/// What a client of the tasks extension declares.
boost::json::object task_capabilities();

/// A client of `kimbap mcp` over its pipes, in a legacy revision.
class StdioClient {
public:
    /// What it answers to a request of the server: a result.
    using Answer = std::function<boost::json::object(const boost::json::object& request)>;

    explicit StdioClient(std::unique_ptr<Program> program,
                         const std::string& revision = "2025-11-25",
                         boost::json::object capabilities = {}, Answer answer = {});
    /// The result of initialize.
    const boost::json::object& agreement() const { return agreement_; }
    boost::json::object request(const std::string& method, boost::json::object params);
    boost::json::object call(const std::string& tool, boost::json::object arguments);
    Program& program() { return *program_; }

private:
    std::unique_ptr<Program> program_;
    Answer answer_;
    boost::json::object agreement_;
    int next_ = 0;
};

/// The text of a tool result's first block.
std::string text_of(const boost::json::object& result);
bool is_error(const boost::json::object& result);
/// `_meta`'s member, as text.
std::string meta_of(const boost::json::object& result, const std::string& key);

}  // namespace kimbap::test
