#define MOERT_TILE_NAME tileAvx512
#define MOERT_TILE_LANES 16
#include "runtime/core/TileKernel.h"
