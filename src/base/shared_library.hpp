#pragma once

#include <dlfcn.h>

namespace kimbap {

/// A library that is loaded when it is first needed, and stays: linked in, it and what it needs
/// would be bound at every start of every command.
class SharedLibrary {
public:
    /// `name` is a literal, like "libpq.so.5".
    explicit SharedLibrary(const char* name) : handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {}

    /// False where the library, or the function in it, is not there.
    template <class Function>
    [[nodiscard]] bool take(const char* name, Function& function) const {
        function =
            handle_ == nullptr ? nullptr : reinterpret_cast<Function>(::dlsym(handle_, name));
        return function != nullptr;
    }

private:
    void* handle_;
};

}  // namespace kimbap
