#pragma once

#include <optional>
#include <set>
#include <string>

#include "manifests/manifest.hpp"
#include "manifests/request.hpp"
#include "manifests/response.hpp"

namespace kimbap::manifests {

/// The pages of one paged call, free of I/O: takes each page's answer and says what to send next,
/// until the answer is whole. For one thread.
class Pages {
public:
    /// `first` is the request for the first page. `max_bytes` bounds all pages
    /// together. The action outlives this.
    Pages(const Action& action, RenderedRequest first, std::size_t max_bytes);
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    /// Takes a page. Gives the request for the next one, or null where the answer is whole: the
    /// last page, one that would be asked for twice, max_pages, a first page without a list that
    /// others could add to, as many items as filter.max_items lets through, or a page that is an
    /// error. A next page that is a URL is taken only on the same origin, so that the credential
    /// goes nowhere else. The request belongs to this, until the next add().
    [[nodiscard]] const RenderedRequest* add(RawResponse response);

    /// Once add() gave null: all pages' items as one answer, or the error of the page that
    /// failed. Its message says where there may be more than these.
    [[nodiscard]] ShapedResponse take_answer() { return std::move(answer_); }

private:
    [[nodiscard]] std::optional<RenderedRequest> next(const json::value& page, std::size_t items);
    /// How many items filter.max_items lets through of a paged answer.
    [[nodiscard]] std::size_t max_items() const;
    void finish();

    const Action& action_;
    RenderedRequest request_;  ///< Of the page that is awaited.
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    int count_ = 0;
    std::set<std::string> asked_;  ///< Digests of the requests so far: a URL may hold a credential.
    json::value merged_;           ///< The first page, with the later ones' items.
    std::string more_;  ///< Why the pages end before the service's do; "" where they don't.
    ShapedResponse answer_;
};

}  // namespace kimbap::manifests
