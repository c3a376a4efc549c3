// Calls @add of object.mlir with vectors of 3 and argv[1] elements.

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct Vector {
  float *allocated, *aligned;
  int64_t offset, sizes[1], strides[1];
};

void _mlir_ciface_add(struct Vector *result, struct Vector *a,
                      struct Vector *b);

// What compiled code calls when sizes do not fit together: {0} and so on stand
// for the numbers, of which there are `count`.
void vgaRuntimeError(const char *message, int64_t count, ...) {
  int64_t numbers[10];
  va_list list;
  va_start(list, count);
  for (int64_t i = 0; i < count; ++i)
    numbers[i] = va_arg(list, int64_t);
  va_end(list);
  fprintf(stderr, "error: ");
  for (const char *c = message; *c; ++c)
    if (*c == '{' && isdigit(c[1]) && c[2] == '}') {
      fprintf(stderr, "%lld", (long long)numbers[c[1] - '0']);
      c += 2;
    } else {
      fputc(*c, stderr);
    }
  fprintf(stderr, "\n");
  exit(1);
}

int main(int argc, char **argv) {
  float data[] = {1, 2, 3, 4};
  struct Vector a = {data, data, 0, {3}, {1}}, b = a, result;
  b.sizes[0] = atoi(argv[1]);
  _mlir_ciface_add(&result, &a, &b);
  for (int64_t i = 0; i < result.sizes[0]; ++i)
    printf("%g ", result.aligned[result.offset + i * result.strides[0]]);
  printf("\n");
  free(result.allocated);
  return 0;
}
