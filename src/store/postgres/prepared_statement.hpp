#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/postgres/connection.hpp"

namespace kimbap::store::postgres {

/// A statement that the server has prepared. It is executed as a whole by the first step(), which
/// has all rows then.
class PreparedStatement : public sql::StatementBody {
public:
    PreparedStatement(Connection& connection, std::string name, int parameters);
    PreparedStatement(const PreparedStatement&) = delete;
    virtual ~PreparedStatement() = default;

    [[nodiscard]] bool in_use() const { return in_use_; }
    void use() { in_use_ = true; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] int parameters() const { return static_cast<int>(values_.size()); }

    void bind(int parameter, std::int64_t value) override;
    void bind_text(int parameter, std::string_view text) override { bind_blob(parameter, text); }
    void bind_blob(int parameter, std::string_view bytes) override;
    void bind_null(int parameter) override { values_[index_of(parameter)] = nullptr; }
    Result<bool> step() override;
    std::int64_t integer(int column) const override;
    std::string_view view(int column) const override;
    bool is_null(int column) const override;
    void release() noexcept override;

private:
    static std::size_t index_of(int parameter) { return static_cast<std::size_t>(parameter) - 1; }
    Result<void> execute();

    Connection& connection_;
    const std::string name_;
    // Of each parameter, as libpq takes them.
    std::vector<const char*> values_;
    std::vector<int> sizes_;
    std::vector<int> formats_;                  ///< 0 for text, 1 for bytes as they are.
    std::vector<std::array<char, 24>> digits_;  ///< Of integers.
    Connection::Answer rows_;
    int row_ = -1;
    bool in_use_ = false;
};

/// For a statement that is used again while its cached one has rows left.
class SingleStatement final : public PreparedStatement {
public:
    using PreparedStatement::PreparedStatement;
    void release() noexcept override { delete this; }
};

}  // namespace kimbap::store::postgres
