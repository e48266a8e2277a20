#define MOERT_TILES avx2
#define MOERT_TILE_LANES 8
#include "runtime/core/TileKernel.h"
