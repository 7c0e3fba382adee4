#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "store/store.hpp"
#include "support/temp_folder.hpp"

namespace kimbap::test {

inline std::unique_ptr<store::Store> open_store(const std::string& data_dir, bool fsync = true) {
    auto opened = store::open_store({data_dir, fsync});
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
}

/// A store in a folder of its own.
struct StoreFixture {
    TempFolder folder;
    std::unique_ptr<store::Store> store = open_store(folder / "data");
};

}  // namespace kimbap::test
