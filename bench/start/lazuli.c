/* Lazuli in the start-up programs: an artifact, mapped and run by the runtime.
 */
#include "bench/start/start.h"

#include <lazuli/lazuli.h>
#include <stdlib.h>
#include <string.h>

static lz_model *model;
static lz_session *session;

static void check(lz_status status, const char *what) {
  if (status != LZ_OK)
    start_fail(what, lz_error_message());
}

static lz_dtype dtype_of(const char *name) {
  for (int dtype = LZ_F32; dtype <= LZ_BOOL; ++dtype)
    if (strcmp(lz_dtype_name((lz_dtype)dtype), name) == 0)
      return (lz_dtype)dtype;
  start_fail(name, "no such dtype");
  return LZ_F32;
}

void engine_open(const start_args *args) {
  check(lz_model_load(args->artifact, NULL, &model), "load");
  lz_session_options options = {sizeof(options), args->threads, 0, 0};
  check(lz_session_create(model, &options, &session), "session");
  for (size_t at = 0; at < args->num_inputs; ++at) {
    const start_input *input = &args->inputs[at];
    lz_tensor tensor = {input->data, dtype_of(input->dtype), input->rank,
                        input->dims, NULL};
    size_t index = 0;
    check(lz_model_find_input(model, 0, input->name, &index), "input");
    check(lz_session_set_input(session, index, &tensor), "input");
  }
}

void engine_run(void) { check(lz_session_run(session), "run"); }

const void *engine_output(size_t index, size_t *out_bytes) {
  if (index >= lz_model_num_outputs(model, 0))
    return NULL;
  lz_tensor tensor;
  check(lz_session_get_output(session, index, &tensor), "output");
  *out_bytes = lz_dtype_size(tensor.dtype);
  int64_t dense = 1;
  for (int axis = tensor.rank - 1; axis >= 0; --axis) {
    if (tensor.strides && tensor.dims[axis] != 1 &&
        tensor.strides[axis] != dense)
      start_fail("output", "found strides, expected dense elements");
    dense *= tensor.dims[axis];
  }
  *out_bytes *= (size_t)dense;
  return tensor.data;
}
