#include "store/store.hpp"

#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "store/awaited_write.hpp"
#include "store/write_operation.hpp"

namespace kimbap::store {

namespace {

class AwaitedFunction final : public AwaitedWrite {
public:
    AwaitedFunction(Store& store, const asio::any_io_executor& executor, Write& work)
        : AwaitedWrite(store, executor, false), work_(work) {}
    Result<void> run(Transaction& transaction) override { return work_(transaction); }

private:
    Write& work_;
};

/// Owns itself until it is delivered.
class CallbackWrite final : public WriteOperation, private WriteSink {
public:
    CallbackWrite(Write work, std::function<void(Result<void>)> done)
        : WriteOperation(static_cast<WriteSink&>(*this)),
          work_(std::move(work)),
          done_(std::move(done)) {}
    Result<void> run(Transaction& transaction) override { return work_(transaction); }
    void deliver(WriteOperation* first) noexcept override {
        const std::unique_ptr<CallbackWrite> self(static_cast<CallbackWrite*>(first));
        self->done_(std::move(self->outcome));
    }

private:
    Write work_;
    std::function<void(Result<void>)> done_;
};

class BlockingWrite final : public WriteOperation, private WriteSink {
public:
    explicit BlockingWrite(Write& work)
        : WriteOperation(static_cast<WriteSink&>(*this)), work_(work) {}
    Result<void> run(Transaction& transaction) override { return work_(transaction); }
    void deliver(WriteOperation* /*first*/) noexcept override {
        const std::lock_guard lock(mutex_);
        delivered_ = true;
        wake_.notify_one();
    }
    Result<void> wait() {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return delivered_; });
        return std::move(outcome);
    }

private:
    Write& work_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool delivered_ = false;
};

}  // namespace

void Store::submit(Write work, std::function<void(Result<void>)> done) {
    submit(new CallbackWrite(std::move(work), std::move(done)));
}

Task<Result<void>> write(Store& store, Write work) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    AwaitedFunction operation(store, executor, work);
    co_await operation.wait();
    co_return std::move(operation.outcome);
}

Task<Result<void>> probe(Store& store) {
    if (store.last_commit()) co_return Result<void>{};
    auto writing = write(store, [](Transaction& t) { return t.meta().put("probe", "written"); });
    co_return co_await std::move(writing);
}

Result<void> write_blocking(Store& store, Write work) {
    BlockingWrite operation(work);
    store.submit(&operation);
    return operation.wait();
}

}  // namespace kimbap::store
