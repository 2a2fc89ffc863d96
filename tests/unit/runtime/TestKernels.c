/* Kernels of the runtime's tests. They name no global object, constant or
 * function, so that their section alone is a complete image. */
#include "runtime/format/KernelAbi.h"

/* out[i] = a[i] + b[i], f32 */
int32_t add_f32(const lz_kernel_args *args, int64_t begin, int64_t end,
                int32_t worker) {
  const float *a = args->buffers[0], *b = args->buffers[1];
  float *out = args->buffers[2];
  for (int64_t i = begin; i < end; ++i)
    out[i] = a[i] + b[i];
  return 0;
}

/* out[i] = a[i] + 1, i64 */
int32_t increment_i64(const lz_kernel_args *args, int64_t begin, int64_t end,
                      int32_t worker) {
  const int64_t *a = args->buffers[0];
  int64_t *out = args->buffers[1];
  for (int64_t i = begin; i < end; ++i)
    out[i] = a[i] + 1;
  return 0;
}

/* out = a < b, scalars of i64 */
int32_t less_i64(const lz_kernel_args *args, int64_t begin, int64_t end,
                 int32_t worker) {
  const int64_t *a = args->buffers[0], *b = args->buffers[1];
  uint8_t *out = args->buffers[2];
  out[0] = a[0] < b[0];
  return 0;
}

/* out[i] = table[indices[i]], f32; sizes[0] rows in the table */
int32_t gather_f32(const lz_kernel_args *args, int64_t begin, int64_t end,
                   int32_t worker) {
  const float *table = args->buffers[0];
  const int64_t *indices = args->buffers[1];
  float *out = args->buffers[2];
  int64_t rows = args->sizes[0];
  for (int64_t i = begin; i < end; ++i) {
    int64_t index = indices[i];
    if (index < -rows || index >= rows) {
      args->error->code = 1;
      args->error->operand = 1;
      args->error->value = index;
      args->error->bound = rows;
      return 1;
    }
    out[i] = table[index < 0 ? index + rows : index];
  }
  return 0;
}

/* out[i] = a[i] through 64 elements of the worker's scratch; sizes[0] scratch
 * bytes per worker */
int32_t through_scratch_f32(const lz_kernel_args *args, int64_t begin,
                            int64_t end, int32_t worker) {
  const float *a = args->buffers[0];
  float *out = args->buffers[1];
  volatile float *mine =
      (volatile float *)(args->scratch + worker * args->sizes[0]);
  for (int64_t i = begin; i < end; ++i) {
    mine[i % 64] = a[i];
    for (volatile int32_t spin = 0; spin < 20; ++spin) {
    }
    out[i] = mine[i % 64];
  }
  return 0;
}

/* out[i] = worker, i32: who did it */
int32_t worker_i32(const lz_kernel_args *args, int64_t begin, int64_t end,
                   int32_t worker) {
  int32_t *out = args->buffers[0];
  for (int64_t i = begin; i < end; ++i) {
    for (volatile int32_t spin = 0; spin < 2000; ++spin) {
    }
    out[i] = worker;
  }
  return 0;
}
