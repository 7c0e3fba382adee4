#include "unit/net/support/freed_memory.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

std::atomic<const char*> needle{nullptr};
std::atomic<std::size_t> needle_size{0};
std::atomic<std::size_t> found{0};

void look_at(void* memory) {
    const char* text = needle.load();
    if (memory == nullptr || text == nullptr) return;
    if (::memmem(memory, ::malloc_usable_size(memory), text, needle_size) != nullptr) ++found;
}

}  // namespace

void* operator new(std::size_t size) {
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void operator delete(void* memory) noexcept {
    look_at(memory);
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    look_at(memory);
    std::free(memory);
}

namespace kimbap::net::test {

FreedMemory::FreedMemory(std::string_view text) {
    found = 0;
    needle_size = text.size();
    needle = text.data();
}

FreedMemory::~FreedMemory() {
    needle = nullptr;
}

std::size_t FreedMemory::sightings() {
    return found;
}

}  // namespace kimbap::net::test
