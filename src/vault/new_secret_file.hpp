#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace kimbap::vault {

/// A vault secret on its way to the place of the one in a file: FILE.new, beside the file that FILE
/// leads to, from before anything is encrypted under it until it takes the old one's place. While
/// the object lives no other process makes or adopts one in that folder.
class NewSecretFile {
public:
    /// One that is there already, of a rekey that was interrupted, may be the only copy of a secret
    /// that comes into force yet: it is kept as FILE.new.1 (.2, …). Errors: conflict where another
    /// process has one, storage_failure.
    static Result<NewSecretFile> create(const std::string& file);
    NewSecretFile(NewSecretFile&& other) noexcept;
    NewSecretFile& operator=(NewSecretFile&&) = delete;
    ~NewSecretFile();

    /// Durable on return. Errors: storage_failure.
    Result<void> write(const Secret& secret);
    /// Replaces the old one, and forgets those that were kept: once everything is under this one,
    /// none of them can come into force. Errors: storage_failure, and it stays where it is.
    Result<void> put_in_place();
    void discard();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    NewSecretFile(std::string file, int folder);

    std::string file_;
    std::string path_;
    int folder_ = -1;  ///< Locked.
    int fd_ = -1;
};

/// What rekeys that were interrupted left beside the file, the latest first.
[[nodiscard]] std::vector<std::string> new_secret_files(const std::string& file);

/// Finishes a rekey that was interrupted after everything was encrypted under the secret that it
/// left, which `is_right` tells: puts that in the place of FILE. Waits for one that is under way.
/// Whether FILE has another secret than `known` now, by whomever.
[[nodiscard]] bool adopt_new_secret(const std::string& file, const Secret& known,
                                    const std::function<bool(const Secret&)>& is_right);

}  // namespace kimbap::vault
