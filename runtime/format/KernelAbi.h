/* The calling convention of generated kernels, shared by the code generator and
 * the runtime.
 *
 * A kernel does the units [begin, end) of a one-dimensional grid; the runtime
 * decides how to split the grid and which worker does which range. A change
 * here is a new LZ_KERNEL_ABI_VERSION. */
#ifndef LAZULI_RUNTIME_FORMAT_KERNELABI_H
#define LAZULI_RUNTIME_FORMAT_KERNELABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LZ_KERNEL_ABI_VERSION 1
/* What an artifact says instead if its calls differ by target: a runtime that does
 * not know of it would run the others' grids as target 0's. */
#define LZ_KERNEL_ABI_VERSION_TARGETS 2

/* Filled in by a kernel that returns other than 0.
 * Code 1: index `value` is out of range [-bound, bound) in input number
 * `operand`. */
typedef struct lz_kernel_error {
  int32_t code;
  int32_t operand;
  int64_t value;
  int64_t bound;
} lz_kernel_error;

typedef struct lz_kernel_args {
  void *const *buffers;   /* inputs, then outputs; dense row-major, element 0;
                             inputs never written */
  const int64_t *sizes;   /* values of the kernel's dynamic sizes, in the
                             instruction's order */
  uint8_t *scratch;       /* 64-byte aligned; worker w owns [w*scratchBytes,
                             (w+1)*scratchBytes) */
  lz_kernel_error *error; /* one slot for all workers */
} lz_kernel_args;

/* Does grid units [begin, end) as worker number `worker`; 0 is success, else
 * error->code. Buffers of temporaries, constants and states are 64-byte
 * aligned; a user's buffer may be aligned to its element only, so a kernel must
 * assume no more than that. */
typedef int32_t (*lz_kernel_fn)(const lz_kernel_args *args, int64_t begin,
                                int64_t end, int32_t worker);

#ifdef __cplusplus
}
#endif

#endif /* LAZULI_RUNTIME_FORMAT_KERNELABI_H */
