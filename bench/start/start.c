/* Main function of the start-up programs. Says in one line of JSON when the
 * first result was there, on the clock of the process that started this one,
 * how long a steady call takes, and how much memory was needed.
 *
 *   PROGRAM ARTIFACT OPTION THREADS ROUNDS CALLS OUT_FOLDER [NAME DTYPE DIMS
 * FILE]...
 *
 * DIMS is 1x3x224x224, FILE holds the elements. After the first call, ROUNDS
 * times CALLS calls are timed. The outputs go to OUT_FOLDER/0, OUT_FOLDER/1,
 * ... */
#include "bench/start/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_INPUT_ARG = 7, ARGS_PER_INPUT = 4, MAX_ROUNDS = 1000 };

void start_fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void *read_file(const char *path, size_t *out_bytes) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0)
    start_fail(path, "cannot be read");
  *out_bytes = (size_t)ftell(file);
  rewind(file);
  void *data = aligned_alloc(64, (*out_bytes + 63) / 64 * 64);
  if (!data || fread(data, 1, *out_bytes, file) != *out_bytes)
    start_fail(path, "cannot be read");
  fclose(file);
  return data;
}

static void parse_input(char **argv, start_input *input) {
  input->name = argv[0];
  input->dtype = argv[1];
  for (char *at = argv[2]; *at; at += *at == 'x') {
    if (input->rank == START_MAX_RANK)
      start_fail(input->name, "has too many dimensions");
    char *end = at;
    input->dims[input->rank++] = strtoll(at, &end, 10);
    if (end == at)
      start_fail(argv[2], "expected dimensions as 1x3x224x224");
    at = end;
  }
  input->data = read_file(argv[3], &input->size_bytes);
}

static void parse(int argc, char **argv, start_args *args) {
  if (argc < FIRST_INPUT_ARG || (argc - FIRST_INPUT_ARG) % ARGS_PER_INPUT != 0)
    start_fail(argv[0],
               "expected ARTIFACT OPTION THREADS ROUNDS CALLS OUT_FOLDER "
               "[NAME DTYPE DIMS FILE]...");
  args->artifact = argv[1];
  args->option = argv[2];
  args->threads = atoi(argv[3]);
  for (int at = FIRST_INPUT_ARG; at < argc; at += ARGS_PER_INPUT) {
    if (args->num_inputs == START_MAX_INPUTS)
      start_fail(argv[0], "too many inputs");
    parse_input(argv + at, &args->inputs[args->num_inputs++]);
  }
}

static int compare(const void *lhs, const void *rhs) {
  double difference = *(const double *)lhs - *(const double *)rhs;
  return (difference > 0) - (difference < 0);
}

/* Seconds of one call: the median over rounds of the mean over a round's calls.
 */
static double time_calls(int rounds, int calls) {
  static double seconds[MAX_ROUNDS];
  if (rounds > MAX_ROUNDS)
    rounds = MAX_ROUNDS;
  for (int round = 0; round < rounds; ++round) {
    double begin = now();
    for (int call = 0; call < calls; ++call)
      engine_run();
    seconds[round] = (now() - begin) / calls;
  }
  qsort(seconds, (size_t)rounds, sizeof(double), compare);
  return rounds > 0 ? seconds[rounds / 2] : 0;
}

/* A line of a file in /proc/self, in kB; 0 if there is none. */
static long kilobytes(const char *path, const char *key) {
  char line[256];
  long found = 0;
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof(line), file))
    if (strncmp(line, key, strlen(key)) == 0)
      found = atol(line + strlen(key));
  if (file)
    fclose(file);
  return found;
}

static void write_outputs(const char *folder) {
  size_t bytes = 0;
  const void *data = NULL;
  for (size_t index = 0; (data = engine_output(index, &bytes)); ++index) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/%zu", folder, index);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0)
      start_fail(path, "cannot be written");
  }
}

int main(int argc, char **argv) {
  static start_args args;
  parse(argc, argv, &args);
  engine_open(&args);
  double opened = now();
  engine_run();
  double first = now();
  double steady = time_calls(atoi(argv[4]), atoi(argv[5]));
  long peak = kilobytes("/proc/self/status", "VmHWM:");
  long private_dirty = kilobytes("/proc/self/smaps_rollup", "Private_Dirty:");
  write_outputs(argv[6]);
  printf("{\"opened_at\": %.9f, \"first_at\": %.9f, \"call_s\": %.12f, "
         "\"peak_kb\": %ld, "
         "\"private_kb\": %ld}\n",
         opened, first, steady, peak, private_dirty);
  fflush(stdout);
  _exit(0); /* tearing an engine down is not measured */
}
