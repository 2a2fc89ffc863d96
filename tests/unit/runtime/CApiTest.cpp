//===- CApiTest.cpp -------------------------------------------------------===//
//
// The C API as a C program would use it, bad arguments above all.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/ProgramBuilder.h"

#include <dlpack/dlpack.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <lazuli/lazuli.h>
#include <numeric>

using namespace lz::rt;
using testing::HasSubstr;
using testing::StrEq;

namespace {

class CApiTest : public testing::Test {
protected:
  void SetUp() override {
    bytes = *test::makeAddProgram().build();
    ASSERT_EQ(lz_model_load_memory(bytes.data(), bytes.size(), nullptr, &model),
              LZ_OK);
    lz_session_options options = {sizeof(options), 1, 0, 0};
    ASSERT_EQ(lz_session_create(model, &options, &session), LZ_OK);
    std::iota(x.begin(), x.end(), 0.0f);
  }
  void TearDown() override {
    lz_session_destroy(session);
    lz_model_release(model);
  }

  std::vector<char> bytes;
  lz_model *model = nullptr;
  lz_session *session = nullptr;
  std::vector<float> x = std::vector<float>(8), y = std::vector<float>(8);
  const int64_t dims[2] = {2, 4};
  const lz_tensor input = {x.data(), LZ_F32, 2, dims, nullptr};
  const lz_tensor output = {y.data(), LZ_F32, 2, dims, nullptr};
};

} // namespace

TEST_F(CApiTest, RunsFromAFile) {
  std::string path = testing::TempDir() + "/c_api_test.lzm";
  test::ProgramBuilder b = test::makeAddProgram();
  ASSERT_TRUE(writeArtifact(path, b.program, b.getSegments()).isOk());
  lz_model_options options = {sizeof(options), LZ_VERIFY_ALL};
  lz_model *loaded = nullptr;
  ASSERT_EQ(lz_model_load(path.c_str(), &options, &loaded), LZ_OK)
      << lz_error_message();
  EXPECT_EQ(lz_model_verify(loaded), LZ_OK);
  lz_session *own = nullptr;
  ASSERT_EQ(lz_session_create(loaded, nullptr, &own), LZ_OK);
  // The session keeps the model, and the mapping outlives the file's name.
  lz_model_release(loaded);
  std::filesystem::remove(path);
  EXPECT_GE(lz_session_threads(own), 1);
  ASSERT_EQ(lz_session_set_input(own, 0, &input), LZ_OK);
  ASSERT_EQ(lz_session_set_output(own, 0, &output), LZ_OK);
  ASSERT_EQ(lz_session_run(own), LZ_OK);
  for (size_t i = 0; i < 8; ++i)
    EXPECT_EQ(y[i], 3 * x[i]);
  lz_session_destroy(own);
}

TEST_F(CApiTest, Introspection) {
  EXPECT_EQ(lz_model_num_entries(model), 1u);
  EXPECT_STREQ(lz_model_entry_name(model, 0), "forward");
  EXPECT_EQ(lz_model_entry_name(model, 1), nullptr);
  EXPECT_EQ(lz_model_num_inputs(model, 0), 1u);
  EXPECT_EQ(lz_model_num_inputs(model, 5), 0u);
  EXPECT_EQ(lz_model_num_outputs(model, 0), 1u);
  EXPECT_EQ(lz_model_num_states(model), 0u);
  lz_tensor_info info;
  ASSERT_EQ(lz_model_input_info(model, 0, 0, &info), LZ_OK);
  EXPECT_STREQ(info.name, "x");
  EXPECT_EQ(info.dtype, LZ_F32);
  ASSERT_EQ(info.rank, 2);
  EXPECT_EQ(info.dims[0], -1);
  EXPECT_EQ(info.dims[1], 4);
  EXPECT_STREQ(info.dims_text[0], "batch");
  EXPECT_STREQ(info.dims_text[1], "4");
  ASSERT_EQ(lz_model_output_info(model, 0, 0, &info), LZ_OK);
  EXPECT_STREQ(info.name, "y0");
  EXPECT_EQ(lz_model_output_info(model, 0, 7, &info), LZ_NOT_FOUND);
  EXPECT_EQ(lz_model_input_info(model, 7, 0, &info), LZ_NOT_FOUND);
  EXPECT_EQ(lz_model_state_info(model, 0, &info), LZ_NOT_FOUND);
  size_t index = 99;
  EXPECT_EQ(lz_model_find_input(model, 0, "x", &index), LZ_OK);
  EXPECT_EQ(index, 0u);
  EXPECT_EQ(lz_model_find_input(model, 0, "z", &index), LZ_NOT_FOUND);
  EXPECT_STREQ(lz_error_message(), "there is no input 'z', found 'x'");
  EXPECT_EQ(lz_model_find_state(model, "z", &index), LZ_NOT_FOUND);
  EXPECT_STREQ(lz_error_message(), "there is no state 'z', found none");
  EXPECT_EQ(lz_model_find_entry(model, "forward", &index), LZ_OK);
  EXPECT_EQ(lz_model_find_output(model, 0, "y0", &index), LZ_OK);
  EXPECT_STREQ(lz_model_producer(model), "runtime tests");
  EXPECT_STREQ(lz_model_target_cpu(model), "x86-64");
  EXPECT_EQ(lz_model_metadata(model, "nothing"), nullptr);
  EXPECT_STREQ(lz_status_name(LZ_DATA_LOSS), "DATA_LOSS");
  EXPECT_STREQ(lz_status_name(static_cast<lz_status>(77)), "UNKNOWN");
  EXPECT_STREQ(lz_dtype_name(LZ_BF16), "bf16");
  EXPECT_EQ(lz_dtype_size(LZ_BF16), 2u);
  EXPECT_EQ(lz_dtype_size(static_cast<lz_dtype>(99)), 0u);
  EXPECT_THAT(lz_version(), HasSubstr("."));
}

TEST_F(CApiTest, NullArgumentsAreErrors) {
  lz_tensor tensor;
  lz_model *none = nullptr;
  const char *json = nullptr;
  EXPECT_EQ(lz_model_load(nullptr, nullptr, &none), LZ_INVALID_ARGUMENT);
  EXPECT_STREQ(lz_error_message(), "'path' is null");
  EXPECT_EQ(lz_model_load("x", nullptr, nullptr), LZ_INVALID_ARGUMENT);
  EXPECT_EQ(lz_model_load_memory(nullptr, 4, nullptr, &none),
            LZ_INVALID_ARGUMENT);
  EXPECT_EQ(lz_session_create(nullptr, nullptr, &session), LZ_INVALID_ARGUMENT);
  EXPECT_EQ(lz_session_set_input(session, 0, nullptr), LZ_INVALID_ARGUMENT);
  EXPECT_EQ(lz_session_set_input(nullptr, 0, &input), LZ_INVALID_ARGUMENT);
  EXPECT_EQ(lz_session_run(nullptr), LZ_INVALID_ARGUMENT);
  EXPECT_EQ(lz_session_get_output(session, 0, nullptr), LZ_INVALID_ARGUMENT);
  EXPECT_EQ(lz_session_get_output(nullptr, 0, &tensor), LZ_INVALID_ARGUMENT);
  EXPECT_EQ(lz_session_get_profile(session, &json), LZ_FAILED_PRECONDITION);
  EXPECT_EQ(lz_model_num_entries(nullptr), 0u);
  EXPECT_EQ(lz_model_entry_name(nullptr, 0), nullptr);
  EXPECT_EQ(lz_session_memory_bytes(nullptr), 0u);
  lz_session_destroy(nullptr);
  lz_model_release(nullptr);
  lz_cancel_token_release(nullptr);
}

TEST_F(CApiTest, BadArgumentsAreErrors) {
  lz_model *none = nullptr;
  EXPECT_EQ(lz_model_load("/nonexistent.lzm", nullptr, &none), LZ_NOT_FOUND);
  EXPECT_THAT(lz_error_message(),
              StrEq("cannot open '/nonexistent.lzm': No such file or "
                    "directory"));
  EXPECT_EQ(lz_model_load_memory("nonsense", 8, nullptr, &none),
            LZ_INVALID_ARGUMENT);
  lz_model_options modelOptions = {0, LZ_VERIFY_ALL};
  EXPECT_EQ(
      lz_model_load_memory(bytes.data(), bytes.size(), &modelOptions, &none),
      LZ_INVALID_ARGUMENT);
  modelOptions = {sizeof(modelOptions), static_cast<lz_verify>(9)};
  EXPECT_EQ(
      lz_model_load_memory(bytes.data(), bytes.size(), &modelOptions, &none),
      LZ_INVALID_ARGUMENT);
  EXPECT_EQ(none, nullptr);
  lz_session_options options = {};
  lz_session *other = nullptr;
  EXPECT_EQ(lz_session_create(model, &options, &other), LZ_INVALID_ARGUMENT);
  lz_tensor bad = input;
  bad.rank = -1;
  EXPECT_EQ(lz_session_set_input(session, 0, &bad), LZ_INVALID_ARGUMENT);
  bad.rank = 1000;
  EXPECT_EQ(lz_session_set_input(session, 0, &bad), LZ_INVALID_ARGUMENT);
  bad = input;
  bad.dtype = static_cast<lz_dtype>(99);
  EXPECT_EQ(lz_session_set_input(session, 0, &bad), LZ_INVALID_ARGUMENT);
  bad = input;
  bad.dims = nullptr;
  EXPECT_EQ(lz_session_set_input(session, 0, &bad), LZ_INVALID_ARGUMENT);
  EXPECT_EQ(lz_session_set_input(session, 7, &input), LZ_NOT_FOUND);
  EXPECT_EQ(lz_session_run(session), LZ_FAILED_PRECONDITION);
  EXPECT_STREQ(lz_error_message(), "input 'x' is not set");
}

TEST_F(CApiTest, PrepareTellsTheDimensions) {
  ASSERT_EQ(lz_session_set_input(session, 0, &input), LZ_OK);
  ASSERT_EQ(lz_session_prepare(session), LZ_OK);
  EXPECT_EQ(lz_session_num_plans(session), 1u);
  lz_tensor result;
  ASSERT_EQ(lz_session_get_output(session, 0, &result), LZ_OK);
  ASSERT_EQ(result.rank, 2);
  EXPECT_EQ(result.dims[0], 2);
  EXPECT_EQ(result.dims[1], 4);
}

TEST_F(CApiTest, CancellationAndProfile) {
  lz_cancel_token *token = nullptr;
  ASSERT_EQ(lz_cancel_token_create(&token), LZ_OK);
  ASSERT_EQ(lz_session_set_cancel_token(session, token), LZ_OK);
  ASSERT_EQ(lz_session_set_input(session, 0, &input), LZ_OK);
  ASSERT_EQ(lz_cancel_token_cancel(token), LZ_OK);
  EXPECT_EQ(lz_session_run(session), LZ_CANCELLED);
  ASSERT_EQ(lz_cancel_token_reset(token), LZ_OK);
  lz_cancel_token_release(token);
  ASSERT_EQ(lz_session_set_profiling(session, 100), LZ_OK);
  EXPECT_EQ(lz_session_run(session), LZ_OK);
  const char *json = nullptr;
  ASSERT_EQ(lz_session_get_profile(session, &json), LZ_OK);
  EXPECT_THAT(json, HasSubstr("\"traceEvents\":[{\"name\":\"layer.add_f32\""));
  EXPECT_EQ(lz_session_set_cancel_token(session, nullptr), LZ_OK);
  EXPECT_EQ(lz_session_run(session), LZ_OK);
}

TEST_F(CApiTest, DlpackInAndOut) {
  int64_t shape[] = {2, 4};
  DLManagedTensor managed = {};
  managed.dl_tensor.data = x.data() - 1;
  managed.dl_tensor.byte_offset = sizeof(float);
  managed.dl_tensor.device = {kDLCPU, 0};
  managed.dl_tensor.ndim = 2;
  managed.dl_tensor.dtype = {kDLFloat, 32, 1};
  managed.dl_tensor.shape = shape;
  lz_tensor tensor;
  ASSERT_EQ(lz_tensor_from_dlpack(&managed, &tensor), LZ_OK);
  EXPECT_EQ(tensor.data, x.data());
  ASSERT_EQ(lz_session_set_input(session, 0, &tensor), LZ_OK);
  ASSERT_EQ(lz_session_run(session), LZ_OK);

  DLManagedTensor *shared = nullptr;
  ASSERT_EQ(lz_session_share_output(session, 0, &shared), LZ_OK);
  ASSERT_EQ(lz_session_run(session), LZ_OK);
  lz_session_destroy(session);
  session = nullptr;
  EXPECT_EQ(shared->dl_tensor.ndim, 2);
  EXPECT_EQ(shared->dl_tensor.shape[1], 4);
  for (size_t i = 0; i < 8; ++i)
    EXPECT_EQ(static_cast<float *>(shared->dl_tensor.data)[i], 3 * x[i]);
  shared->deleter(shared);

  managed.dl_tensor.dtype = {kDLComplex, 64, 1};
  EXPECT_EQ(lz_tensor_from_dlpack(&managed, &tensor), LZ_INVALID_ARGUMENT);
  managed.dl_tensor.device = {kDLCUDA, 0};
  EXPECT_EQ(lz_tensor_from_dlpack(&managed, &tensor), LZ_INVALID_ARGUMENT);
  EXPECT_THAT(lz_error_message(), HasSubstr("expected memory of the CPU"));
}

TEST_F(CApiTest, OnlyOwnMemoryIsShared) {
  ASSERT_EQ(lz_session_set_input(session, 0, &input), LZ_OK);
  ASSERT_EQ(lz_session_set_output(session, 0, &output), LZ_OK);
  ASSERT_EQ(lz_session_run(session), LZ_OK);
  DLManagedTensor *shared = nullptr;
  EXPECT_EQ(lz_session_share_output(session, 0, &shared),
            LZ_FAILED_PRECONDITION);
  EXPECT_STREQ(lz_error_message(),
               "output 'y0' is not in memory of the session's own");
}
