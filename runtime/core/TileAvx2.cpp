#define MOERT_TILE_NAME tileAvx2
#define MOERT_TILE_LANES 8
#include "runtime/core/TileKernel.h"
