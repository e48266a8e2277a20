#define MOERT_TILES avx512_bf16
#define MOERT_TILE_LANES 16
#define MOERT_TILE_PAIRS
#include "runtime/core/TileKernel.h"
