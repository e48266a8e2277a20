#define MOERT_TILES avx512
#define MOERT_TILE_LANES 16
#include "runtime/core/TileKernel.h"
