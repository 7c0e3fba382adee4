#include "operator_api/html.hpp"

#include "base/markup.hpp"
#include "base/visible.hpp"

namespace kimbap::operator_api {

std::string escape_html(std::string_view text) {
    return escape_markup(visible(text, Breaks::keep), Quotes::both);
}

}  // namespace kimbap::operator_api
