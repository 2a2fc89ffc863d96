/* ONNX Runtime in the start-up programs, by its C interface. Its Python package
 * has the library without the header. The interface is a table of functions
 * that only grows at its end, so the few that are needed are named by their
 * places in it. */
#include "bench/start/start.h"

#include <stdlib.h>
#include <string.h>

typedef struct ort_object ort_object; /* any of its handles; a status as well */
typedef const void *const *ort_table;

typedef struct ort_base {
  ort_table (*get_api)(uint32_t version);
  const char *(*get_version)(void);
} ort_base;

extern const ort_base *OrtGetApiBase(void);

enum {
  GET_ERROR_MESSAGE = 2,
  CREATE_ENV = 3,
  CREATE_SESSION = 7,
  RUN = 9,
  CREATE_SESSION_OPTIONS = 10,
  SET_OPTIMIZATION_LEVEL = 23,
  SET_INTRA_OP_THREADS = 24,
  SET_INTER_OP_THREADS = 25,
  SESSION_GET_OUTPUT_COUNT = 31,
  SESSION_GET_OUTPUT_NAME = 37,
  CREATE_TENSOR_WITH_DATA = 49,
  GET_TENSOR_DATA = 51,
  GET_TENSOR_ELEMENT_TYPE = 60,
  GET_TENSOR_ELEMENT_COUNT = 64,
  GET_TENSOR_TYPE_AND_SHAPE = 65,
  CREATE_CPU_MEMORY_INFO = 69,
  GET_DEFAULT_ALLOCATOR = 78,
  /* The first version that has all of them. */
  API_VERSION = 1,
  LOG_ERRORS = 3,
  DISABLE_ALL = 0,
  ENABLE_ALL = 99,
  DEVICE_ALLOCATOR = 0,
  DEFAULT_MEMORY = 0,
  MAX_OUTPUTS = 64,
};

typedef ort_object *(*run_function)(ort_object *session,
                                    const ort_object *options,
                                    const char *const *input_names,
                                    const ort_object *const *inputs,
                                    size_t num_inputs,
                                    const char *const *output_names,
                                    size_t num_outputs, ort_object **outputs);

static ort_table api;
static run_function run;
static ort_object *session;
static const char *input_names[START_MAX_INPUTS], *output_names[MAX_OUTPUTS];
static ort_object *inputs[START_MAX_INPUTS], *outputs[MAX_OUTPUTS];
static size_t num_inputs, num_outputs;

static void check(ort_object *status, const char *what) {
  if (status)
    start_fail(what,
               ((const char *(*)(ort_object *))api[GET_ERROR_MESSAGE])(status));
}

/* Calls a function of the table, whose parameters are those of its arguments'
 * types. */
#define ORT_CALL(what, parameters, ...)                                        \
  check(((ort_object * (*)parameters) api[what])(__VA_ARGS__), #what)

static const struct dtype {
  const char *name;
  int number; /* in the interface */
  size_t bytes;
} dtypes[] = {{"f32", 1, 4}, {"u8", 2, 1},   {"i8", 3, 1},   {"i32", 6, 4},
              {"i64", 7, 8}, {"bool", 9, 1}, {"f16", 10, 2}, {"f64", 11, 8}};
enum { NUM_DTYPES = sizeof(dtypes) / sizeof(*dtypes) };

static int number_of(const char *name) {
  for (size_t at = 0; at < NUM_DTYPES; ++at)
    if (strcmp(dtypes[at].name, name) == 0)
      return dtypes[at].number;
  start_fail(name, "no such dtype");
  return 0;
}

static size_t bytes_of(int number) {
  for (size_t at = 0; at < NUM_DTYPES; ++at)
    if (dtypes[at].number == number)
      return dtypes[at].bytes;
  start_fail("output", "its dtype is not known here");
  return 0;
}

static void create_session(const start_args *args) {
  ort_object *environment = NULL, *options = NULL;
  ORT_CALL(CREATE_ENV, (int, const char *, ort_object **), LOG_ERRORS, "start",
           &environment);
  ORT_CALL(CREATE_SESSION_OPTIONS, (ort_object **), &options);
  /* What was saved optimized is not optimized again. */
  int level = strcmp(args->option, "as-is") == 0 ? DISABLE_ALL : ENABLE_ALL;
  ORT_CALL(SET_OPTIMIZATION_LEVEL, (ort_object *, int), options, level);
  ORT_CALL(SET_INTRA_OP_THREADS, (ort_object *, int), options, args->threads);
  ORT_CALL(SET_INTER_OP_THREADS, (ort_object *, int), options, 1);
  ORT_CALL(CREATE_SESSION,
           (ort_object *, const char *, ort_object *, ort_object **),
           environment, args->artifact, options, &session);
}

static void bind_inputs(const start_args *args) {
  ort_object *memory = NULL;
  ORT_CALL(CREATE_CPU_MEMORY_INFO, (int, int, ort_object **), DEVICE_ALLOCATOR,
           DEFAULT_MEMORY, &memory);
  for (; num_inputs < args->num_inputs; ++num_inputs) {
    const start_input *input = &args->inputs[num_inputs];
    input_names[num_inputs] = input->name;
    ORT_CALL(CREATE_TENSOR_WITH_DATA,
             (ort_object *, void *, size_t, const int64_t *, size_t, int,
              ort_object **),
             memory, input->data, input->size_bytes, input->dims,
             (size_t)input->rank, number_of(input->dtype), &inputs[num_inputs]);
  }
}

static void name_outputs(void) {
  ort_object *allocator = NULL;
  ORT_CALL(GET_DEFAULT_ALLOCATOR, (ort_object **), &allocator);
  ORT_CALL(SESSION_GET_OUTPUT_COUNT, (ort_object *, size_t *), session,
           &num_outputs);
  if (num_outputs > MAX_OUTPUTS)
    start_fail("session", "too many outputs");
  for (size_t at = 0; at < num_outputs; ++at)
    ORT_CALL(SESSION_GET_OUTPUT_NAME,
             (ort_object *, size_t, ort_object *, const char **), session, at,
             allocator, &output_names[at]);
}

void engine_open(const start_args *args) {
  api = OrtGetApiBase()->get_api(API_VERSION);
  if (!api)
    start_fail(OrtGetApiBase()->get_version(),
               "has no C interface of version 1");
  run = (run_function)api[RUN];
  create_session(args);
  bind_inputs(args);
  name_outputs();
}

/* The first run allocates the outputs, later ones write into them. */
void engine_run(void) {
  check(run(session, NULL, input_names, (const ort_object *const *)inputs,
            num_inputs, output_names, num_outputs, outputs),
        "run");
}

const void *engine_output(size_t index, size_t *out_bytes) {
  if (index >= num_outputs)
    return NULL;
  ort_object *shape = NULL;
  void *data = NULL;
  size_t count = 0;
  int dtype = 0;
  ORT_CALL(GET_TENSOR_TYPE_AND_SHAPE, (ort_object *, ort_object **),
           outputs[index], &shape);
  ORT_CALL(GET_TENSOR_ELEMENT_COUNT, (ort_object *, size_t *), shape, &count);
  ORT_CALL(GET_TENSOR_ELEMENT_TYPE, (ort_object *, int *), shape, &dtype);
  ORT_CALL(GET_TENSOR_DATA, (ort_object *, void **), outputs[index], &data);
  *out_bytes = count * bytes_of(dtype);
  return data;
}
