#include <malloc.h>
#include <string.h>

#include <cstdlib>
#include <new>

// What the process gives back to the heap is overwritten first. Secrets of kimbap's own are wiped
// by whoever holds them; this is for what nobody holds on purpose: a credential that a downstream
// echoes passes through parsers, containers that grow and JSON values before it is cut out of the
// answer. Neither a core dump nor a later bug that reads freed memory finds it there.
//
// Not under the sanitizers, which bring their own heap and forget nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

void wipe_and_free(void* memory, std::size_t size) noexcept {
    if (memory == nullptr) return;
    ::explicit_bzero(memory, size);
    std::free(memory);
}

}  // namespace

void operator delete(void* memory) noexcept {
    wipe_and_free(memory, ::malloc_usable_size(memory));
}
void operator delete(void* memory, std::size_t size) noexcept {
    wipe_and_free(memory, size);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    wipe_and_free(memory, ::malloc_usable_size(memory));
}
void operator delete(void* memory, std::size_t size, std::align_val_t) noexcept {
    wipe_and_free(memory, size);
}
void operator delete[](void* memory) noexcept {
    wipe_and_free(memory, ::malloc_usable_size(memory));
}
void operator delete[](void* memory, std::size_t size) noexcept {
    wipe_and_free(memory, size);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
    wipe_and_free(memory, ::malloc_usable_size(memory));
}
void operator delete[](void* memory, std::size_t size, std::align_val_t) noexcept {
    wipe_and_free(memory, size);
}

#endif
