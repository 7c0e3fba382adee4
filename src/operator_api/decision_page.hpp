#pragma once

#include <string_view>

#include "approval/decision_link.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "net/http_server.hpp"

namespace kimbap::approval {
class ApprovalManager;
}
namespace kimbap::async {
class WorkerPool;
}

namespace kimbap::operator_api {

/// What the page works with; all outlive it.
struct DecisionServices {
    approval::ApprovalManager& approvals;
    const approval::DecisionLinks& links;
    async::WorkerPool& workers;
    const Clock& clock;
};

/// `/decide/{id}?…`: the page behind a notification's link (contract section 4).
///
/// GET and HEAD show and never decide, since mail filters and chat previews fetch every link; only
/// a POST of the page's form decides. The signed link is all that is asked for, and is what a
/// forged request from another site lacks; besides, a POST that a browser says comes from another
/// site is refused, nothing may frame the page, and there is no cookie to ride on. Errors are
/// pages, too. Thread-safe.
class DecisionPage {
public:
    explicit DecisionPage(DecisionServices services) : services_(services) {}

    static constexpr std::string_view kPrefix = "/decide/";

    /// `refused` is set where the request carried no genuine link, for the audit log.
    Task<net::HttpResponse> handle(net::HttpRequest& request, bool& refused);

private:
    Task<net::HttpResponse> show(approval::DecisionLink link);
    Task<net::HttpResponse> decide(approval::DecisionLink link, net::HttpRequest& request);

    DecisionServices services_;
};

}  // namespace kimbap::operator_api
