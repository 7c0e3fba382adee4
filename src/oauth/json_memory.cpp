#include "oauth/json_memory.hpp"

#include <array>
#include <boost/json/parser.hpp>
#include <new>
#include <optional>

#include "base/json_text.hpp"
#include "base/secret.hpp"

namespace kimbap::oauth {

namespace {

class WipingMemory final : public boost::json::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t align) override {
        return ::operator new (bytes, std::align_val_t{align});
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t align) override {
        wipe(block, bytes);
        ::operator delete (block, bytes, std::align_val_t{align});
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace

Result<boost::json::value> parse_secret_json(std::string_view text) {
    static WipingMemory memory;
    const boost::json::storage_ptr wiping(&memory);
    boost::json::parse_options options;
    options.max_depth = kMaxJsonDepth;
    std::array<unsigned char, 4096> scratch{};
    std::optional<boost::json::value> value;
    {
        boost::json::error_code error;
        boost::json::parser parser(wiping, options, scratch.data(), scratch.size());
        parser.reset(wiping);
        parser.write({text.data(), text.size()}, error);
        if (!error) value.emplace(parser.release());
    }
    wipe(scratch.data(), scratch.size());
    if (!value) return make_error(Errc::protocol_error, "the answer is not JSON");
    return std::move(*value);
}

std::string_view text_at(const boost::json::object& object, std::string_view key) {
    const boost::json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view{};
}

}  // namespace kimbap::oauth
