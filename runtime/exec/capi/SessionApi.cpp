//===- SessionApi.cpp -----------------------------------------------------===//
//
// lz_session_* and lz_cancel_token_*.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/capi/Api.h"

using namespace lz;
using namespace lz::rt;

lz_status lz_session_create(lz_model *model, const lz_session_options *options,
                            lz_session **out_session) {
  LZ_REQUIRE(model);
  LZ_REQUIRE(out_session);
  return capi::guarded([&]() -> Status {
    SessionOptions read;
    if (options && options->struct_size < sizeof(lz_session_options))
      return invalidArgument("lz_session_options.struct_size is not set");
    if (options) {
      read.threads = options->threads;
      read.memoryLimitBytes = options->memory_limit_bytes;
      read.planCacheBytes = options->plan_cache_bytes;
    }
    LZ_ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                        Session::create(model->model, read));
    *out_session = new lz_session{std::move(session), {}};
    return Status::success();
  });
}

void lz_session_destroy(lz_session *session) { delete session; }

lz_status lz_session_select_entry(lz_session *session, size_t entry) {
  LZ_REQUIRE(session);
  return capi::guarded([&] { return session->session->selectEntry(entry); });
}

lz_status lz_session_set_input(lz_session *session, size_t index,
                               const lz_tensor *tensor) {
  LZ_REQUIRE(session);
  LZ_REQUIRE(tensor);
  return capi::guarded([&]() -> Status {
    LZ_ASSIGN_OR_RETURN(TensorRef ref, capi::toTensorRef(*tensor));
    return session->session->setInput(index, ref);
  });
}

lz_status lz_session_set_output(lz_session *session, size_t index,
                                const lz_tensor *tensor) {
  LZ_REQUIRE(session);
  return capi::guarded([&]() -> Status {
    if (!tensor)
      return session->session->setOutput(index, TensorRef());
    LZ_ASSIGN_OR_RETURN(TensorRef ref, capi::toTensorRef(*tensor));
    return session->session->setOutput(index, ref);
  });
}

lz_status lz_session_prepare(lz_session *session) {
  LZ_REQUIRE(session);
  return capi::guarded([&] { return session->session->prepare(); });
}

lz_status lz_session_run(lz_session *session) {
  LZ_REQUIRE(session);
  return capi::guarded([&] { return session->session->run(); });
}

lz_status lz_session_get_output(const lz_session *session, size_t index,
                                lz_tensor *out_tensor) {
  LZ_REQUIRE(session);
  LZ_REQUIRE(out_tensor);
  return capi::guarded([&]() -> Status {
    LZ_ASSIGN_OR_RETURN(TensorRef ref, session->session->getOutput(index));
    *out_tensor = {ref.data, static_cast<lz_dtype>(ref.dtype),
                   static_cast<int32_t>(ref.rank), ref.dims, ref.strides};
    return Status::success();
  });
}

lz_status lz_session_read_state(const lz_session *session, size_t index,
                                const lz_tensor *dst) {
  LZ_REQUIRE(session);
  LZ_REQUIRE(dst);
  return capi::guarded([&]() -> Status {
    LZ_ASSIGN_OR_RETURN(TensorRef ref, capi::toTensorRef(*dst));
    return session->session->readState(index, ref);
  });
}

lz_status lz_session_write_state(lz_session *session, size_t index,
                                 const lz_tensor *src) {
  LZ_REQUIRE(session);
  LZ_REQUIRE(src);
  return capi::guarded([&]() -> Status {
    LZ_ASSIGN_OR_RETURN(TensorRef ref, capi::toTensorRef(*src));
    return session->session->writeState(index, ref);
  });
}

lz_status lz_session_reset_states(lz_session *session) {
  LZ_REQUIRE(session);
  session->session->resetStates();
  return LZ_OK;
}

uint64_t lz_session_memory_bytes(const lz_session *session) {
  return session ? session->session->getMemoryBytes() : 0;
}

size_t lz_session_num_plans(const lz_session *session) {
  return session ? session->session->getNumPlans() : 0;
}

int32_t lz_session_threads(const lz_session *session) {
  return session ? session->session->getThreads() : 0;
}

lz_status lz_cancel_token_create(lz_cancel_token **out_token) {
  LZ_REQUIRE(out_token);
  return capi::guarded([&]() -> Status {
    *out_token =
        new lz_cancel_token{std::make_shared<std::atomic<bool>>(false)};
    return Status::success();
  });
}

void lz_cancel_token_release(lz_cancel_token *token) { delete token; }

lz_status lz_cancel_token_cancel(lz_cancel_token *token) {
  LZ_REQUIRE(token);
  token->flag->store(true, std::memory_order_relaxed);
  return LZ_OK;
}

lz_status lz_cancel_token_reset(lz_cancel_token *token) {
  LZ_REQUIRE(token);
  token->flag->store(false, std::memory_order_relaxed);
  return LZ_OK;
}

lz_status lz_session_set_cancel_token(lz_session *session,
                                      lz_cancel_token *token) {
  LZ_REQUIRE(session);
  session->session->setCancelFlag(token ? token->flag : nullptr);
  return LZ_OK;
}

lz_status lz_session_set_profiling(lz_session *session, size_t max_events) {
  LZ_REQUIRE(session);
  return capi::guarded([&]() -> Status {
    session->session->setProfiling(max_events);
    return Status::success();
  });
}

lz_status lz_session_get_profile(lz_session *session, const char **out_json) {
  LZ_REQUIRE(session);
  LZ_REQUIRE(out_json);
  return capi::guarded([&]() -> Status {
    const Profile *profile = session->session->getProfile();
    if (!profile)
      return failedPrecondition("profiling is off");
    session->profileJson = profile->toJson();
    *out_json = session->profileJson.c_str();
    return Status::success();
  });
}
