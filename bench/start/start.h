/* What the start-up programs share: start.c reads the arguments, calls the
 * three functions that an engine's file defines, and prints what the clock
 * said. One program per engine, so that each loads the libraries of its own
 * engine only. */
#ifndef LAZULI_BENCH_START_START_H
#define LAZULI_BENCH_START_START_H

#include <stddef.h>
#include <stdint.h>

enum { START_MAX_RANK = 8, START_MAX_INPUTS = 16 };

typedef struct start_input {
  const char *name;
  const char *dtype; /* "f32", "i64" */
  int64_t dims[START_MAX_RANK];
  int rank;
  void *data;
  size_t size_bytes;
} start_input;

typedef struct start_args {
  const char *artifact;
  const char *option; /* of the engine's own; may be empty */
  int threads;
  start_input inputs[START_MAX_INPUTS];
  size_t num_inputs;
} start_args;

/* Ends the program with a message: what was being done, and the engine's text.
 */
void start_fail(const char *what, const char *why);

/* Loads the artifact and binds the inputs. */
void engine_open(const start_args *args);
void engine_run(void);
/* The data and bytes of an output of the last run; null beyond the last. */
const void *engine_output(size_t index, size_t *out_bytes);

#endif /* LAZULI_BENCH_START_START_H */
