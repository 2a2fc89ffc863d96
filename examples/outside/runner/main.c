/* Runs net.compiled.lzm from C: the program of runtime/README.md, which quotes
 * what stands below. */
#include <lazuli/lazuli.h>
#include <stdio.h>

int main(void) {
  static float image[64]; /* 8 x 8, all black */
  const int64_t dims[] = {1, 1, 8, 8};
  lz_tensor input = {image, LZ_F32, 4, dims, NULL}, scores;
  lz_model *model = NULL;
  lz_session *session = NULL;
  if (lz_model_load("net.compiled.lzm", NULL, &model) != LZ_OK ||
      lz_session_create(model, NULL, &session) != LZ_OK ||
      lz_session_set_input(session, 0, &input) != LZ_OK ||
      lz_session_run(session) != LZ_OK ||
      lz_session_get_output(session, 0, &scores) != LZ_OK) {
    fprintf(stderr, "error: %s\n", lz_error_message());
    return 1;
  }
  for (int64_t i = 0; i < scores.dims[1]; ++i)
    printf("%lld: %g\n", (long long)i, ((const float *)scores.data)[i]);
  lz_session_destroy(session);
  lz_model_release(model);
}
