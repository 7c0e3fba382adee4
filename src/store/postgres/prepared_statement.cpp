#include "store/postgres/prepared_statement.hpp"

#include <charconv>

namespace kimbap::store::postgres {

PreparedStatement::PreparedStatement(Connection& connection, std::string name, int parameters)
    : connection_(connection),
      name_(std::move(name)),
      values_(static_cast<std::size_t>(parameters)),
      sizes_(values_.size()),
      formats_(values_.size()),
      digits_(values_.size()),
      rows_(nullptr, connection.library_.clear) {}

void PreparedStatement::bind(int parameter, std::int64_t value) {
    const std::size_t at = index_of(parameter);
    auto& digits = digits_[at];
    *std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr = '\0';
    values_[at] = digits.data();
    formats_[at] = 0;
}

void PreparedStatement::bind_blob(int parameter, std::string_view bytes) {
    const std::size_t at = index_of(parameter);
    values_[at] = bytes.empty() ? "" : bytes.data();
    sizes_[at] = static_cast<int>(bytes.size());
    formats_[at] = 1;
}

Result<bool> PreparedStatement::step() {
    if (rows_ == nullptr) {
        const Result<void> done = execute();
        if (!done) return done.error();
    }
    return ++row_ < connection_.library_.ntuples(rows_.get());
}

std::int64_t PreparedStatement::integer(int column) const {
    // Integers arrive in network byte order, as long as their type.
    std::int64_t out = 0;
    for (const char byte : view(column)) out = (out << 8) | static_cast<unsigned char>(byte);
    return out;
}

std::string_view PreparedStatement::view(int column) const {
    const PqLibrary& library = connection_.library_;
    return {library.getvalue(rows_.get(), row_, column),
            static_cast<std::size_t>(library.getlength(rows_.get(), row_, column))};
}

bool PreparedStatement::is_null(int column) const {
    return connection_.library_.getisnull(rows_.get(), row_, column) != 0;
}

void PreparedStatement::release() noexcept {
    rows_.reset();
    row_ = -1;
    in_use_ = false;
}

Result<void> PreparedStatement::execute() {
    const PqLibrary& library = connection_.library_;
    auto answer = connection_.ask(library.send_query_prepared(connection_.handle_, name_.c_str(),
                                                              parameters(), values_.data(),
                                                              sizes_.data(), formats_.data(), 1));
    if (!answer) return answer.error();
    rows_ = std::move(*answer);
    const std::string_view changed = library.cmd_tuples(rows_.get());
    connection_.changes_ = 0;
    std::from_chars(changed.data(), changed.data() + changed.size(), connection_.changes_);
    return {};
}

}  // namespace kimbap::store::postgres
