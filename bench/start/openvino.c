/* OpenVINO in the start-up programs, by its C interface, its precision pinned
 * to f32. The option is a cache folder, which a run before this one has filled.
 */
#include "bench/start/start.h"

#include <openvino/c/openvino.h>
#include <stdio.h>
#include <string.h>

static ov_infer_request_t *request;
static size_t num_outputs;

static void check(ov_status_e status, const char *what) {
  if (status != OK)
    start_fail(what, ov_get_error_info(status));
}

static ov_element_type_e dtype_of(const char *name) {
  static const struct {
    const char *name;
    ov_element_type_e dtype;
  } dtypes[] = {{"f32", F32}, {"f64", F64}, {"f16", F16}, {"i8", I8},
                {"i32", I32}, {"i64", I64}, {"u8", U8},   {"bool", BOOLEAN}};
  for (size_t at = 0; at < sizeof(dtypes) / sizeof(*dtypes); ++at)
    if (strcmp(dtypes[at].name, name) == 0)
      return dtypes[at].dtype;
  start_fail(name, "no such dtype");
  return DYNAMIC;
}

void engine_open(const start_args *args) {
  ov_core_t *core = NULL;
  ov_compiled_model_t *model = NULL;
  char threads[16];
  snprintf(threads, sizeof(threads), "%d", args->threads);
  check(ov_core_create(&core), "core");
  if (*args->option)
    check(ov_core_set_property(core, "CPU", ov_property_key_cache_dir,
                               args->option),
          "cache");
  check(ov_core_compile_model_from_file(
            core, args->artifact, "CPU", 6, &model,
            ov_property_key_inference_num_threads, threads,
            ov_property_key_hint_performance_mode, "LATENCY",
            ov_property_key_hint_inference_precision, "f32"),
        "compile");
  check(ov_compiled_model_create_infer_request(model, &request), "request");
  check(ov_compiled_model_outputs_size(model, &num_outputs), "outputs");
  for (size_t at = 0; at < args->num_inputs; ++at) {
    const start_input *input = &args->inputs[at];
    ov_shape_t shape;
    ov_tensor_t *tensor = NULL;
    check(ov_shape_create(input->rank, input->dims, &shape), "shape");
    check(ov_tensor_create_from_host_ptr(dtype_of(input->dtype), shape,
                                         input->data, &tensor),
          "tensor");
    check(ov_infer_request_set_tensor(request, input->name, tensor), "input");
  }
}

void engine_run(void) { check(ov_infer_request_infer(request), "run"); }

const void *engine_output(size_t index, size_t *out_bytes) {
  if (index >= num_outputs)
    return NULL;
  ov_tensor_t *tensor = NULL;
  void *data = NULL;
  check(ov_infer_request_get_output_tensor_by_index(request, index, &tensor),
        "output");
  check(ov_tensor_get_byte_size(tensor, out_bytes), "output");
  check(ov_tensor_data(tensor, &data), "output");
  return data;
}
