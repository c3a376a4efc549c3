// Calls @add of object.mlir with vectors of 3 and argv[1] elements.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct Vector {
  float *allocated, *aligned;
  int64_t offset, sizes[1], strides[1];
};

void _mlir_ciface_add(struct Vector *result, struct Vector *a,
                      struct Vector *b);

// What compiled code calls when sizes do not fit together.
void vgaRuntimeError(const char *message) {
  fprintf(stderr, "error: %s\n", message);
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
