/* Lazuli's runtime: loads artifacts (.lzm) and runs them.
 *
 *   lz_model     a loaded artifact; immutable, used by any number of sessions
 *                and threads
 *   lz_session   one stream of inference: bound inputs and outputs, states,
 *                plans; used by one thread at a time
 *
 * Every function that can fail returns an lz_status; LZ_OK is 0. The text of
 * the last failure of the calling thread is lz_error_message(). No function
 * throws, aborts or prints. A null handle or out-parameter is
 * LZ_INVALID_ARGUMENT, unless a function says that it may be null. Strings are
 * UTF-8 and end with a zero byte. An artifact holds native code: trust it as
 * you trust a program. */
#ifndef LAZULI_LAZULI_H
#define LAZULI_LAZULI_H

#include <stddef.h>
#include <stdint.h>

#if defined(LAZULI_BUILDING_RUNTIME)
#define LZ_API __attribute__((visibility("default")))
#else
#define LZ_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors -------------------------------------------------------------- */

typedef enum lz_status {
  LZ_OK = 0,
  LZ_INVALID_ARGUMENT = 1,    /* what the caller passed cannot be used */
  LZ_NOT_FOUND = 2,           /* no such file, entry, input, output or state */
  LZ_FAILED_PRECONDITION = 3, /* not now, or not on this machine */
  LZ_DATA_LOSS = 4,           /* the artifact is damaged */
  LZ_UNIMPLEMENTED = 5,       /* the artifact needs what this runtime lacks */
  LZ_RESOURCE_EXHAUSTED = 6,  /* out of memory, or beyond a set limit */
  LZ_CANCELLED = 7,           /* through a cancellation token */
  LZ_IO_ERROR = 8,            /* the system could not read or write a file */
  LZ_INTERNAL = 9,            /* a defect of this library */
  LZ_STATUS_MAX_ENUM = 0x7fffffff /* never used: gives the enum 32 bits */
} lz_status;

/* What went wrong in this thread's last call that did not return LZ_OK; "" if
 * there was none. Valid until this thread's next failing call. */
LZ_API const char *lz_error_message(void);

/* "INVALID_ARGUMENT" for LZ_INVALID_ARGUMENT, ...; "UNKNOWN" for others. */
LZ_API const char *lz_status_name(lz_status status);

/* The version of this library, "0.1.0". */
LZ_API const char *lz_version(void);

/* ---- tensors ------------------------------------------------------------- */

typedef enum lz_dtype {
  LZ_F32 = 0,
  LZ_F64 = 1,
  LZ_F16 = 2,
  LZ_BF16 = 3,
  LZ_I8 = 4,
  LZ_I16 = 5,
  LZ_I32 = 6,
  LZ_I64 = 7,
  LZ_U8 = 8,
  LZ_U16 = 9,
  LZ_U32 = 10,
  LZ_U64 = 11,
  LZ_BOOL = 12, /* one byte, 0 or 1 */
  LZ_STRING = 13,
  LZ_DTYPE_MAX_ENUM = 0x7fffffff
} lz_dtype;

/* "f32", "i64", "bool", ...; "?" for other numbers. */
LZ_API const char *lz_dtype_name(lz_dtype dtype);
/* Bytes of one element; 0 for LZ_STRING and other numbers. */
LZ_API size_t lz_dtype_size(lz_dtype dtype);

/* A tensor in memory that somebody owns. Element (i, j, ...) is at
 * data + (i*strides[0] + j*strides[1] + ...) * lz_dtype_size(dtype). */
typedef struct lz_tensor {
  void *data; /* may be null if there are no elements */
  lz_dtype dtype;
  int32_t rank;
  const int64_t *dims; /* rank sizes; may be null if rank is 0 */
  /* rank strides in elements, of any sign; null: dense row-major */
  const int64_t *strides;
} lz_tensor;

/* An input or output of an entry point, or a state. All pointers belong to the
 * model. */
typedef struct lz_tensor_info {
  const char *name;
  lz_dtype dtype;
  int32_t rank;
  const int64_t *dims;          /* -1 where a run decides */
  const char *const *dims_text; /* "batch", "2*n + 1", "64" */
} lz_tensor_info;

/* ---- models -------------------------------------------------------------- */

typedef struct lz_model lz_model;

/* Which checksums are compared at load. Structure is always checked in full. */
typedef enum lz_verify {
  LZ_VERIFY_CODE = 0,    /* program and native code (the default) */
  LZ_VERIFY_PROGRAM = 1, /* the program alone */
  LZ_VERIFY_ALL = 2,     /* every byte: reads the whole file */
  LZ_VERIFY_MAX_ENUM = 0x7fffffff
} lz_verify;

typedef struct lz_model_options {
  size_t struct_size; /* sizeof(lz_model_options) */
  lz_verify verify;
} lz_model_options;

/* Maps the artifact at `path`, which must not be changed in place while the
 * model lives (replacing it by rename is fine). `options` may be null. On
 * success *out_model is the caller's to release. Fails with LZ_NOT_FOUND,
 * LZ_IO_ERROR, LZ_INVALID_ARGUMENT (no artifact), LZ_DATA_LOSS,
 * LZ_FAILED_PRECONDITION (other version, other CPU) or LZ_UNIMPLEMENTED. */
LZ_API lz_status lz_model_load(const char *path,
                               const lz_model_options *options,
                               lz_model **out_model);

/* The same for an artifact in memory, which is copied. */
LZ_API lz_status lz_model_load_memory(const void *data, size_t size_bytes,
                                      const lz_model_options *options,
                                      lz_model **out_model);

/* Gives up the caller's hold; sessions keep what they need. May be null. */
LZ_API void lz_model_release(lz_model *model);

/* Compares the checksums of all segments. Any thread. LZ_DATA_LOSS names the
 * damaged one. */
LZ_API lz_status lz_model_verify(const lz_model *model);

/* Entry points. An artifact that is not compiled yet has none. */
LZ_API size_t lz_model_num_entries(const lz_model *model);
/* The name of an entry, or null if there is no such one. */
LZ_API const char *lz_model_entry_name(const lz_model *model, size_t entry);
/* The number of the entry of that name, or LZ_NOT_FOUND. */
LZ_API lz_status lz_model_find_entry(const lz_model *model, const char *name,
                                     size_t *out_entry);

LZ_API size_t lz_model_num_inputs(const lz_model *model, size_t entry);
LZ_API size_t lz_model_num_outputs(const lz_model *model, size_t entry);
LZ_API size_t lz_model_num_states(const lz_model *model);
/* Descriptions, valid as long as the model. LZ_NOT_FOUND beyond the last. */
LZ_API lz_status lz_model_input_info(const lz_model *model, size_t entry,
                                     size_t index, lz_tensor_info *out_info);
LZ_API lz_status lz_model_output_info(const lz_model *model, size_t entry,
                                      size_t index, lz_tensor_info *out_info);
LZ_API lz_status lz_model_state_info(const lz_model *model, size_t index,
                                     lz_tensor_info *out_info);
/* Numbers by name, or LZ_NOT_FOUND with the names there are. */
LZ_API lz_status lz_model_find_input(const lz_model *model, size_t entry,
                                     const char *name, size_t *out_index);
LZ_API lz_status lz_model_find_output(const lz_model *model, size_t entry,
                                      const char *name, size_t *out_index);
LZ_API lz_status lz_model_find_state(const lz_model *model, const char *name,
                                     size_t *out_index);

/* What wrote the artifact, and the value of a metadata key (null if there is
 * none). */
LZ_API const char *lz_model_producer(const lz_model *model);
LZ_API const char *lz_model_metadata(const lz_model *model, const char *key);

/* The CPU that the code in use was compiled for ("x86-64-v4"); "" if there is
 * no native code. */
LZ_API const char *lz_model_target_cpu(const lz_model *model);

/* ---- sessions ------------------------------------------------------------ */

typedef struct lz_session lz_session;

typedef struct lz_session_options {
  size_t struct_size; /* sizeof(lz_session_options) */
  int32_t threads; /* the caller's included; 0: all CPUs the process may use */
  uint64_t memory_limit_bytes; /* of all that the session holds; 0: none */
  uint64_t plan_cache_bytes;   /* of plans for shapes not in use; 0: 256 MiB */
} lz_session_options;

/* Makes a session with the model's initial states, on its first entry.
 * `options` may be null. */
LZ_API lz_status lz_session_create(lz_model *model,
                                   const lz_session_options *options,
                                   lz_session **out_session);

/* Frees the session and its outputs, but for those shared through DLPack. May
 * be null. */
LZ_API void lz_session_destroy(lz_session *session);

/* Chooses the entry that all functions below are about. Each keeps its own
 * bindings. */
LZ_API lz_status lz_session_select_entry(lz_session *session, size_t entry);

/* Binds an input until it is bound anew. The data is borrowed and read during
 * runs only; dims and strides are copied. Fails at once on a wrong dtype or
 * rank; dimensions are checked by the next run. No copy is made of dense data
 * that is aligned to its element. */
LZ_API lz_status lz_session_set_input(lz_session *session, size_t index,
                                      const lz_tensor *tensor);

/* Binds memory for an output until it is bound anew; its dimensions must be
 * those that the inputs lead to (see lz_session_prepare). Null, or null data:
 * memory of the session's own. It may be an input's memory, but not another
 * output's. */
LZ_API lz_status lz_session_set_output(lz_session *session, size_t index,
                                       const lz_tensor *tensor);

/* Does for the bound inputs all that a first run with their dimensions would do
 * beforehand: checks, plan, primitives, memory. Afterwards
 * lz_session_get_output tells the dimensions. Of an entry whose dimensions
 * depend on data only the inputs are checked. */
LZ_API lz_status lz_session_prepare(lz_session *session);

/* Runs the entry. With dimensions seen before, nothing is allocated and no lock
 * is taken by this library. Fails with LZ_FAILED_PRECONDITION (an input is not
 * set), LZ_INVALID_ARGUMENT (dimensions that do not fit; an index in the data
 * that is out of range), LZ_RESOURCE_EXHAUSTED or LZ_CANCELLED. After a failure
 * during execution outputs and states hold a mixture of old and new. */
LZ_API lz_status lz_session_run(lz_session *session);

/* The output of the last run; for memory of the session's own valid until the
 * next run, the next prepare or the session's end. dims and strides are the
 * session's. */
LZ_API lz_status lz_session_get_output(const lz_session *session, size_t index,
                                       lz_tensor *out_tensor);

/* Copies a state, by its number in the model, to or from the caller's memory,
 * whose dtype and dimensions must be the state's. */
LZ_API lz_status lz_session_read_state(const lz_session *session, size_t index,
                                       const lz_tensor *dst);
LZ_API lz_status lz_session_write_state(lz_session *session, size_t index,
                                        const lz_tensor *src);
/* Puts all states back to the artifact's contents. */
LZ_API lz_status lz_session_reset_states(lz_session *session);

/* Bytes that the session holds now, and the number of shapes with plans. */
LZ_API uint64_t lz_session_memory_bytes(const lz_session *session);
LZ_API size_t lz_session_num_plans(const lz_session *session);
LZ_API int32_t lz_session_threads(const lz_session *session);

/* ---- values -------------------------------------------------------------- */

/* What an input or output is. All but tensors are passed and read as lz_value.
 */
typedef enum lz_kind {
  LZ_TENSOR = 0,
  LZ_STRINGS = 1,  /* a tensor whose elements are strings */
  LZ_SEQUENCE = 2, /* tensors of one dtype and of any dimensions, or strings */
  LZ_OPTIONAL = 3, /* a value or none */
  LZ_KIND_MAX_ENUM = 0x7fffffff
} lz_kind;

typedef struct lz_type_info {
  lz_kind kind;
  lz_kind element_kind; /* of a sequence's elements, of what an optional holds */
  lz_dtype dtype;       /* of the tensors; LZ_STRING: strings */
  /* What the elements mean where dtype only says how they are stored, one per
   * byte ("float8e4m3fn", "int4"); "" where dtype says all. The model's. */
  const char *logical_type;
} lz_type_info;

/* The type of an input or output, of any kind; LZ_NOT_FOUND beyond the last. */
LZ_API lz_status lz_model_input_type(const lz_model *model, size_t entry,
                                     size_t index, lz_type_info *out_type);
LZ_API lz_status lz_model_output_type(const lz_model *model, size_t entry,
                                      size_t index, lz_type_info *out_type);

/* A value of any kind, immutable: any thread may read it, sessions and other
 * values share it. */
typedef struct lz_value lz_value;

/* Bytes that need not end with a zero. */
typedef struct lz_string {
  const char *data; /* may be null if size is 0 */
  size_t size;
} lz_string;

/* Makes values; what they are made of is copied or shared, never borrowed. On
 * success *out_value is the caller's to release. */
LZ_API lz_status lz_value_create_tensor(const lz_tensor *tensor,
                                        lz_value **out_value);
/* `count` strings, which must be the product of the `rank` sizes in `dims`,
 * row-major. */
LZ_API lz_status lz_value_create_strings(const lz_string *strings, size_t count,
                                         int32_t rank, const int64_t *dims,
                                         lz_value **out_value);
/* All elements are tensors of `dtype`, or strings if it is LZ_STRING. */
LZ_API lz_status lz_value_create_sequence(lz_dtype dtype,
                                          const lz_value *const *elements,
                                          size_t size, lz_value **out_value);
/* Of no value if `held` is null; else `dtype` is that of `held`. */
LZ_API lz_status lz_value_create_optional(lz_dtype dtype, const lz_value *held,
                                          lz_value **out_value);
/* May be null. */
LZ_API void lz_value_release(lz_value *value);

/* LZ_TENSOR and LZ_F32 for null. */
LZ_API lz_kind lz_value_kind(const lz_value *value);
LZ_API lz_dtype lz_value_dtype(const lz_value *value);
/* A tensor's contents, not to be written; of strings dtype, rank and dims, with
 * null data. Valid as long as the value. */
LZ_API lz_status lz_value_get_tensor(const lz_value *value,
                                     lz_tensor *out_tensor);
/* The number of strings, of a sequence's elements, or 0 or 1 of an optional; 0
 * for a tensor and for null. */
LZ_API size_t lz_value_size(const lz_value *value);
/* String number `index`, row-major; valid as long as the value. */
LZ_API lz_status lz_value_get_string(const lz_value *value, size_t index,
                                     lz_string *out_string);
/* An element of a sequence, or what an optional holds; the caller's to release.
 */
LZ_API lz_status lz_value_get_element(const lz_value *value, size_t index,
                                      lz_value **out_value);

/* Binds a value of any kind to an input until it is bound anew; the session
 * shares it. An optional input takes what it may hold as well. */
LZ_API lz_status lz_session_set_input_value(lz_session *session, size_t index,
                                            const lz_value *value);
/* An output of the last run, of any kind, as a value that later runs leave
 * alone; the caller's to release. Dimensions that only the data tells are those
 * of the last run. */
LZ_API lz_status lz_session_get_output_value(lz_session *session, size_t index,
                                             lz_value **out_value);

/* ---- cancellation -------------------------------------------------------- */

/* A flag that any thread may set; a session that has it stops before its next
 * instruction. */
typedef struct lz_cancel_token lz_cancel_token;

LZ_API lz_status lz_cancel_token_create(lz_cancel_token **out_token);
/* Sessions that have it keep what they need. May be null. */
LZ_API void lz_cancel_token_release(lz_cancel_token *token);
/* Any thread, during a run too. Runs are refused until it is reset. */
LZ_API lz_status lz_cancel_token_cancel(lz_cancel_token *token);
LZ_API lz_status lz_cancel_token_reset(lz_cancel_token *token);
/* Gives the token to a session; a null token takes it away. */
LZ_API lz_status lz_session_set_cancel_token(lz_session *session,
                                             lz_cancel_token *token);

/* ---- profile ------------------------------------------------------------- */

/* Records up to `max_events` executed instructions from now on, forgetting
 * earlier ones; 0 ends profiling. */
LZ_API lz_status lz_session_set_profiling(lz_session *session,
                                          size_t max_events);

/* The recorded events as a Chrome trace (JSON), valid until the next call of
 * this function or the session's end. LZ_FAILED_PRECONDITION if profiling is
 * off. */
LZ_API lz_status lz_session_get_profile(lz_session *session,
                                        const char **out_json);

/* ---- DLPack -------------------------------------------------------------- */

struct DLManagedTensor; /* of <dlpack/dlpack.h> */

/* Describes a DLPack tensor in CPU memory without taking ownership; out_tensor
 * is valid as long as `managed`. */
LZ_API lz_status lz_tensor_from_dlpack(const struct DLManagedTensor *managed,
                                       lz_tensor *out_tensor);

/* An output of the last run, in memory of the session's own, as a DLPack tensor
 * that shares this memory: the session will use other memory from its next run
 * on. The consumer calls its deleter, any time, on any thread. */
LZ_API lz_status lz_session_share_output(lz_session *session, size_t index,
                                         struct DLManagedTensor **out_managed);

#ifdef __cplusplus
}
#endif

#endif /* LAZULI_LAZULI_H */
