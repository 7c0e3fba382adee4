#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap::vault {

/// A vault secret on its way to the place of the one in a file: FILE.new, beside the file that FILE
/// leads to, from before anything is encrypted under it until it takes the old one's place. While
/// the object lives no other process has one for the same file.
class NewSecretFile {
public:
    /// Where one that was interrupted left FILE.new its place is taken over: whoever calls checks
    /// then that the old secret is still the right one. Errors: conflict where another process has
    /// one, storage_failure.
    static Result<NewSecretFile> create(const std::string& file);
    NewSecretFile(NewSecretFile&& other) noexcept;
    NewSecretFile& operator=(NewSecretFile&&) = delete;
    ~NewSecretFile();

    /// Durable on return. Errors: storage_failure.
    Result<void> write(const Secret& secret);
    /// Replaces the old one, unless that is done already: adopt_new_secret(). Errors:
    /// storage_failure, and the new one stays where it is.
    Result<void> put_in_place();
    void discard();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    NewSecretFile(std::string file, std::string path, int fd)
        : file_(std::move(file)), path_(std::move(path)), fd_(fd) {}

    std::string file_;
    std::string path_;
    int fd_ = -1;
};

/// Whether there is a FILE.new.
[[nodiscard]] bool has_new_secret(const std::string& file);

/// Finishes what was interrupted after everything was encrypted under the secret in FILE.new, which
/// `is_right` tells: puts that in the place of FILE. Whether it did.
[[nodiscard]] bool adopt_new_secret(const std::string& file,
                                    const std::function<bool(const Secret&)>& is_right);

}  // namespace kimbap::vault
